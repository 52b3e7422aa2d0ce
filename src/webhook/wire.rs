//! `verify` as it is written in JSON, in a request and in a link. The published schema is made from these types; they
//! hold secrets, so none of them has a `Debug`.

use super::mac::{Algorithm, Encoding, Separator};
use super::received::TimeUnit;
use super::secret::{KeyForm, Secret};
use serde::de::{SeqAccess, Visitor};
use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[cfg(test)]
use schemars::JsonSchema;

/// How the sender of a webhook proves who it is. Which fields a scheme takes is said in docs/API.md.
#[derive(Deserialize, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[cfg_attr(test, schemars(deny_unknown_fields))]
#[serde(expecting = "an object")]
pub struct Verify {
    /// How the sender signs.
    pub scheme: SchemeName,
    /// What it signs with: one secret, or up to five of which any may fit; `generate`: one that the answer tells.
    #[cfg_attr(test, schemars(with = "SecretSchema"))]
    pub secret: Secrets,
    /// Seconds by which the signed time may be off, on both sides; for schemes that sign one.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "u64", range(min = 1, max = 86400)))]
    pub tolerance: Option<u64>,
    /// Only `header` and `generic`: which header holds the secret or the signature.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "String", length(min = 1, max = 64)))]
    pub header: Option<String>,
    /// Only `generic`: what stands in front of the signature.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "String", length(min = 1, max = 128)))]
    pub prefix: Option<String>,
    /// Only `generic`: what stands between several signatures in the header, each of which has the prefix.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "Separator"))]
    pub separator: Option<Separator>,
    /// Only `generic`: what is signed, put together from `{body}`, `{ts}`, `{address}` (where the link points),
    /// `{header:name}` and fixed texts. Without it, the body.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "Vec<String>", length(min = 1, max = 16)))]
    pub parts: Option<Vec<String>>,
    /// Only `generic`: which header holds the time that is signed.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "String", length(min = 1, max = 64)))]
    pub ts_header: Option<String>,
    /// Only `generic`: under which key the header of the signature, a list such as `t=…,v1=…`, holds the time.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "String", length(min = 1, max = 32)))]
    pub ts_key: Option<String>,
    /// Only `generic`: the header of the signature begins with the time, and this stands between both.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "String", length(min = 1, max = 8)))]
    pub ts_separator: Option<String>,
    /// Only `generic`: how the time is written, in Unix seconds (`s`, without it), milliseconds (`ms`) or as RFC 3339 says
    /// (`rfc3339`).
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "TimeUnit"))]
    pub ts_unit: Option<TimeUnit>,
    /// Only `generic`: of the HMAC; without it, `sha256`.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "Algorithm"))]
    pub algo: Option<Algorithm>,
    /// Only `generic`: of the signature; without it, `hex`.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "Encoding"))]
    pub encoding: Option<Encoding>,
    /// Only `generic`: how the secret is written; without it, `utf8`.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "KeyForm"))]
    pub key: Option<KeyForm>,
    /// Only in links, of senders that sign the address: where the link points.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(skip))]
    pub url: Option<String>,
}

/// A field that may be left out but is never null.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// The schemes, by the names that requests give them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SchemeName {
    /// Standard Webhooks, `v1` and `v1a`.
    StandardWebhooks,
    /// Signs as `standard-webhooks` does.
    Openai,
    /// Signs as `standard-webhooks` does.
    Replicate,
    /// Svix, in whose headers others sign too.
    Svix,
    /// Signs as `svix` does.
    Clerk,
    /// Signs as `svix` does.
    Resend,
    /// GitHub.
    Github,
    /// GitLab.
    Gitlab,
    /// Stripe.
    Stripe,
    /// Slack.
    Slack,
    /// Twilio.
    Twilio,
    /// Shopify.
    Shopify,
    /// SendGrid's event webhook.
    Sendgrid,
    /// Mailgun.
    Mailgun,
    /// Outgoing webhooks of Microsoft Teams.
    TeamsOutgoing,
    /// Hookdeck.
    Hookdeck,
    /// WooCommerce.
    Woocommerce,
    /// Paddle.
    Paddle,
    /// Webflow.
    Webflow,
    /// ElevenLabs.
    Elevenlabs,
    /// Vercel.
    Vercel,
    /// Discord's interactions.
    Discord,
    /// PagerDuty.
    Pagerduty,
    /// Zendesk.
    Zendesk,
    /// DocuSeal.
    Docuseal,
    /// Square.
    Square,
    /// Dropbox Sign.
    DropboxSign,
    /// `Authorization: Basic`; the secret is `user:password`.
    Basic,
    /// A header that is the secret.
    Header,
    /// `Authorization: Bearer`.
    Bearer,
    /// Any other HMAC.
    Generic,
}

/// `"generate"`, one secret, or several.
pub enum Secrets {
    /// The link's own.
    Generate,
    /// As given; at least one.
    Given(Vec<Secret>),
}

/// For the published schema.
#[cfg(test)]
#[derive(JsonSchema)]
#[serde(untagged)]
#[allow(dead_code, reason = "only the schema is made from it")]
enum SecretSchema {
    One(#[schemars(length(min = 1, max = 1024))] String),
    Several(#[schemars(length(min = 1, max = 5))] Vec<String>),
}

/// Asks for a secret of the link's own.
pub(super) const GENERATE: &str = "generate";

impl<'de> Deserialize<'de> for Secrets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrMore;
        impl<'de> Visitor<'de> for OneOrMore {
            type Value = Secrets;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a string or an array of strings")
            }

            fn visit_str<E>(self, text: &str) -> Result<Secrets, E> {
                Ok(match text {
                    GENERATE => Secrets::Generate,
                    text => Secrets::Given(vec![Secret::new(text.to_owned())]),
                })
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Secrets, A::Error> {
                let mut secrets = Vec::new();
                while let Some(secret) = list.next_element()? {
                    secrets.push(secret);
                }
                Ok(Secrets::Given(secrets))
            }
        }
        deserializer.deserialize_any(OneOrMore)
    }
}

impl Serialize for Secrets {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Secrets::Generate => serializer.serialize_str(GENERATE),
            Secrets::Given(secrets) => {
                let mut list = serializer.serialize_seq(Some(secrets.len()))?;
                secrets
                    .iter()
                    .try_for_each(|secret| list.serialize_element(secret))?;
                list.end()
            }
        }
    }
}
