//! `deliver`: where the links are sent.

use super::present;
use serde::Deserialize;

#[cfg(test)]
use schemars::JsonSchema;

/// One channel or several.
#[cfg(test)]
#[derive(JsonSchema)]
#[serde(untagged)]
#[allow(
    dead_code,
    reason = "only the schema is made from it; requests are read channel by channel"
)]
pub enum Deliver {
    /// One channel.
    One(Delivery),
    /// Up to ten.
    Several(#[schemars(length(min = 1, max = 10))] Vec<Delivery>),
}

/// One channel: exactly one of `sns`, `ses`, `slack`, `teams`, `webhook` and `eventbridge`.
#[derive(Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[cfg_attr(test, schemars(extend("oneOf" = [
    {"required": ["sns"]}, {"required": ["ses"]}, {"required": ["slack"]},
    {"required": ["teams"]}, {"required": ["webhook"]}, {"required": ["eventbridge"]}
])))]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct Delivery {
    /// Publishes a text to a topic of SNS. Needs DeliverTopicArns.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(test, schemars(with = "Sns", skip_serializing_if = "Option::is_none"))]
    pub sns: Option<Sns>,
    /// Sends mails by SES. Needs DeliverIdentityArns.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(test, schemars(with = "Ses", skip_serializing_if = "Option::is_none"))]
    pub ses: Option<Ses>,
    /// Posts a message to Slack. Needs DeliverSecretArns or DeliverParameterArns.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(test, schemars(with = "Slack", skip_serializing_if = "Option::is_none"))]
    pub slack: Option<Slack>,
    /// Posts a card to a workflow of Microsoft Teams. Needs DeliverSecretArns or DeliverParameterArns.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(test, schemars(with = "Teams", skip_serializing_if = "Option::is_none"))]
    pub teams: Option<Teams>,
    /// Posts the links to a program, signed. Needs DeliverHosts and DeliverSecretArns or DeliverParameterArns.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(test, schemars(with = "Webhook", skip_serializing_if = "Option::is_none"))]
    pub webhook: Option<Webhook>,
    /// Puts an event with the links on a bus. Needs DeliverEventBusArns.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(test, schemars(with = "EventBridge", skip_serializing_if = "Option::is_none"))]
    pub eventbridge: Option<EventBridge>,
    /// `true`: if it fails, the answer has a warning and the request is granted.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(test, schemars(with = "bool", skip_serializing_if = "Option::is_none"))]
    pub optional: Option<bool>,
}

/// A topic of SNS.
#[derive(Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct Sns {
    /// ARN of a standard topic.
    pub topic_arn: String,
    /// Subject of mails: at most 99 characters of ASCII.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(
        test,
        schemars(
            with = "String",
            length(max = 99),
            regex(pattern = r"^[!-~][ -~]*$"),
            skip_serializing_if = "Option::is_none"
        )
    )]
    pub subject: Option<String>,
}

/// Mails by SES.
#[derive(Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct Ses {
    /// The sender: `ann@example.com` or `Ann <ann@example.com>`.
    pub from: String,
    /// Each gets a mail of its own. Left out with `recipients`, which have addresses.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(
        test,
        schemars(
            with = "Vec<String>",
            length(min = 1, max = 50),
            skip_serializing_if = "Option::is_none"
        )
    )]
    pub to: Option<Vec<String>>,
    /// Where answers by mail go.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(test, schemars(with = "String", skip_serializing_if = "Option::is_none"))]
    pub reply_to: Option<String>,
    /// Subject; without it, the title of the page.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(
        test,
        schemars(
            with = "String",
            length(min = 1, max = 200),
            skip_serializing_if = "Option::is_none"
        )
    )]
    pub subject: Option<String>,
}

/// A message in Slack: by `webhook`, or by `bot_token` to a channel.
#[derive(Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[cfg_attr(test, schemars(extend("oneOf" = [
    {"required": ["webhook"], "not": {"required": ["channel"]}}, {"required": ["bot_token"]}
])))]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct Slack {
    /// Where the address of an incoming webhook lies.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(test, schemars(with = "Secret", skip_serializing_if = "Option::is_none"))]
    pub webhook: Option<Secret>,
    /// Where the token of a bot lies.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(test, schemars(with = "Secret", skip_serializing_if = "Option::is_none"))]
    pub bot_token: Option<Secret>,
    /// Id of a channel or member, for a bot. Left out with `recipients` that have a `slack` of their own.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(
        test,
        schemars(
            with = "String",
            regex(pattern = "^[A-Z0-9]{1,64}$"),
            skip_serializing_if = "Option::is_none"
        )
    )]
    pub channel: Option<String>,
    /// Heading and notification; without it, the title of the page.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(
        test,
        schemars(
            with = "String",
            length(min = 1, max = 200),
            skip_serializing_if = "Option::is_none"
        )
    )]
    pub subject: Option<String>,
}

/// A card in Microsoft Teams.
#[derive(Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct Teams {
    /// Where the address of a workflow lies.
    pub workflow_url: Secret,
    /// Heading; without it, the title of the page.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(
        test,
        schemars(
            with = "String",
            length(min = 1, max = 200),
            skip_serializing_if = "Option::is_none"
        )
    )]
    pub subject: Option<String>,
}

/// A program that is told the links.
#[derive(Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct Webhook {
    /// An https URL whose host is one of DeliverHosts.
    #[cfg_attr(
        test,
        schemars(regex(pattern = r"^[Hh][Tt][Tt][Pp][Ss]://[^/?#@\s\p{Cc}\\]+([/?][^#\s\p{Cc}\\]*)?$"))
    )]
    pub url: String,
    /// How it is signed: `standard-webhooks`, which is also what is done without it.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(test, schemars(with = "Signature", skip_serializing_if = "Option::is_none"))]
    pub sign: Option<Signature>,
    /// Where the secret of the signature lies (`whsec_…`).
    pub secret: Secret,
}

/// How a webhook is signed.
#[derive(Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub enum Signature {
    /// As <https://www.standardwebhooks.com> says.
    #[serde(rename = "standard-webhooks")]
    StandardWebhooks,
}

/// A bus of EventBridge.
#[derive(Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct EventBridge {
    /// ARN of the bus.
    pub event_bus_arn: String,
    /// `source` of the event; without it, `sfn-callback-urls`.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(
        test,
        schemars(
            with = "String",
            regex(pattern = "^[A-Za-z0-9_.-]{1,256}$"),
            skip_serializing_if = "Option::is_none"
        )
    )]
    pub source: Option<String>,
    /// `detail-type` of the event; without it, `callback.created`.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(
        test,
        schemars(
            with = "String",
            length(min = 1, max = 128),
            skip_serializing_if = "Option::is_none"
        )
    )]
    pub detail_type: Option<String>,
}

/// Where a secret lies; never the secret itself.
#[derive(Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[cfg_attr(test, schemars(extend("oneOf" = [
    {"required": ["secretsmanager"]}, {"required": ["ssm"], "not": {"required": ["key"]}}
])))]
#[serde(
    deny_unknown_fields,
    expecting = "a reference, as {\"secretsmanager\": \"<ARN or name>\"} or {\"ssm\": \"<ARN or name>\"}; \
                 never the secret itself, which would stay in logs and in the history of the execution"
)]
pub struct Secret {
    /// ARN or name of a secret of Secrets Manager.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(
        test,
        schemars(with = "String", length(min = 1), skip_serializing_if = "Option::is_none")
    )]
    pub secretsmanager: Option<String>,
    /// The part of it that counts, when its text is a JSON object.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(
        test,
        schemars(with = "String", length(min = 1), skip_serializing_if = "Option::is_none")
    )]
    pub key: Option<String>,
    /// ARN or name of a parameter of Systems Manager.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(
        test,
        schemars(with = "String", length(min = 1), skip_serializing_if = "Option::is_none")
    )]
    pub ssm: Option<String>,
}
