mod forged;
mod limits;

use super::permits::Host;
use super::*;
use crate::action::{Notes, Source, read_action};
use crate::brand::Brand;
use crate::language::Language;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:approvals";
const BUS: &str = "arn:aws:events:eu-west-1:123456789012:event-bus/ours";
const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:chat-AbCdEf";
const TRANSACTION: &str = "96bb738716ba1e823048155b788323af";
const NOW: u64 = 1_790_000_000;

fn permits() -> Permits {
    Permits {
        topics: vec![Arn::topic(TOPIC).unwrap()],
        identities: vec![Arn::identity("arn:aws:ses:eu-west-1:123456789012:identity/example.com").unwrap()],
        buses: vec![Arn::bus(BUS).unwrap()],
        secrets: vec![Arn::secret(SECRET).unwrap()],
        parameters: Vec::new(),
        hosts: vec![Host::parse("hooks.example.com").unwrap()],
    }
}

fn actions(list: Value) -> Vec<Action> {
    let read = |value: &Value| {
        let raw: Box<RawValue> = serde_json::from_str(&value.to_string()).unwrap();
        read_action(
            &raw,
            "actions[0]",
            Source::Request(Confirm::Off),
            &Notes::default(),
        )
        .unwrap()
    };
    list.as_array().unwrap().iter().map(read).collect()
}

fn asks(name: &str, page: Value) -> Value {
    json!({"name": name, "type": "success", "output": 1, "confirm": page})
}

fn recipients(list: Value) -> Vec<Person> {
    people(serde_json::from_value(list).unwrap(), 100).unwrap_or_else(|fault| panic!("{fault}"))
}

fn deliveries(deliver: &Value, people: &[Person]) -> Result<Vec<Delivery>, String> {
    let raw: Box<RawValue> = serde_json::from_str(&deliver.to_string()).unwrap();
    read(&raw, people).map_err(|fault| fault.to_string())
}

/// The messages of a request, or why there are none.
struct Made {
    parcels: Vec<Parcel>,
    warnings: Vec<String>,
}

struct Given {
    actions: Value,
    deliver: Value,
    people: Vec<Person>,
    url: String,
    language: Language,
    brand: Brand,
}

impl Given {
    fn new(actions: Value, deliver: Value) -> Self {
        Self {
            actions,
            deliver,
            people: Vec::new(),
            url: "https://links.example.com/respond?a=1&data=3-AAAA".to_owned(),
            language: Language::English,
            brand: Brand::default(),
        }
    }

    fn made(&self) -> Result<Made, Rejection> {
        let actions = actions(self.actions.clone());
        let deliveries = deliveries(&self.deliver, &self.people).unwrap();
        permitted(&deliveries, &actions, &permits())?;
        let urls = |who: &str| -> Map<String, Value> {
            let each = actions
                .iter()
                .map(|action| (action.name.to_string(), format!("{}{who}", self.url).into()));
            each.collect()
        };
        let own: Vec<Map<String, Value>> = match self.people.len() {
            0 => vec![urls("")],
            all => (0..all).map(|number| urls(&number.to_string())).collect(),
        };
        let set = |(place, urls)| UrlSet {
            person: self.people.get(place),
            urls,
        };
        let sealed = Sealed {
            actions: &actions,
            sets: own.iter().enumerate().map(set).collect(),
            transaction: TRANSACTION.to_owned(),
            expires_at: Some(1_798_131_600),
            now: NOW,
            language: self.language,
            brand: &self.brand,
        };
        let mut made = Made {
            parcels: Vec::new(),
            warnings: Vec::new(),
        };
        let mut room = Room::default();
        for delivery in &deliveries {
            let parcels = compose(delivery, &sealed, &permits(), &mut room, &mut made.warnings)?;
            made.parcels.extend(parcels);
        }
        Ok(made)
    }

    #[track_caller]
    fn refused(&self) -> (&'static str, String) {
        let rejection = self.made().map(|made| made.parcels).unwrap_err();
        (rejection.code(), rejection.to_string())
    }
}

fn sns() -> Value {
    json!({"sns": {"topic_arn": TOPIC}})
}

fn slack() -> Value {
    json!({"slack": {"webhook": {"secretsmanager": SECRET}}})
}

fn teams() -> Value {
    json!({"teams": {"workflow_url": {"secretsmanager": "chat"}}})
}

fn webhook() -> Value {
    json!({"webhook": {"url": "https://hooks.example.com/in", "secret": {"secretsmanager": "chat"}}})
}

fn body(parcel: &Parcel) -> Value {
    match parcel {
        Parcel::Slack { body, .. } | Parcel::Teams { body, .. } | Parcel::Webhook { body, .. } => {
            serde_json::from_str(body).unwrap()
        }
        Parcel::Event { detail, .. } => serde_json::from_str(detail).unwrap(),
        Parcel::Topic { .. } | Parcel::Mail { .. } => panic!("no JSON"),
    }
}

#[test]
fn deliveries_of_another_shape_are_refused_by_field() {
    const REFERENCE: &str = "must be a reference, as {\"secretsmanager\": \"<ARN or name>\"} or {\"ssm\": \"<ARN or name>\"}; \
                             never the secret itself, which would stay in logs and in the history of the execution";
    let secret = json!({"secretsmanager": "chat"});
    let ses = |more: Value| {
        let mut ses = json!({"from": "a@example.com", "to": ["b@example.com"]});
        for (key, value) in more.as_object().unwrap() {
            ses[key] = value.clone();
        }
        json!({"ses": ses})
    };
    const ONE: &str = "must have exactly one of `sns`, `ses`, `slack`, `teams`, `webhook`, `eventbridge`";
    const ADDRESS: &str = "must be a mail address of ASCII, as ann@example.com or Ann <ann@example.com>";
    let cases = [
        (json!(5), "deliver: must be a channel, as {\"sns\": {…}}, or a list of channels".to_owned()),
        (json!([]), "deliver: must hold 1 to 10 channels".to_owned()),
        (json!(vec![sns(); 11]), "deliver: must hold 1 to 10 channels".to_owned()),
        (json!({}), format!("deliver: {ONE}")),
        (json!([sns(), {"sns": {"topic_arn": TOPIC}, "optional": 1}]), "deliver[1].optional: must be a boolean".to_owned()),
        (json!({"sns": {"topic_arn": TOPIC}, "slack": {"webhook": secret}}), format!("deliver: {ONE}")),
        (json!({"email": {}}), "deliver.email: must be one of `sns`, `ses`, `slack`, `teams`, `webhook`, `eventbridge`, `optional`".to_owned()),
        (json!({"sns": null}), "deliver.sns: must be an object".to_owned()),
        (json!({"sns": {}}), "deliver.sns: missing field `topic_arn`".to_owned()),
        (json!({"sns": {"topic_arn": "approvals"}}), "deliver.sns.topic_arn: must be the ARN of a standard topic of SNS".to_owned()),
        (json!({"sns": {"topic_arn": TOPIC, "message": "x"}}), "deliver.sns.message: must be `topic_arn` or `subject`".to_owned()),
        (ses(json!({"from": "a@example.com\r\nBcc: c@example.com"})), format!("deliver.ses.from: {ADDRESS}")),
        (ses(json!({"from": "nobody"})), format!("deliver.ses.from: {ADDRESS}")),
        (ses(json!({"from": "a@[127.0.0.1]"})), format!("deliver.ses.from: {ADDRESS}")),
        (ses(json!({"from": "ä@example.com"})), format!("deliver.ses.from: {ADDRESS}")),
        (ses(json!({"to": ["a@example.com, b@example.com"]})), format!("deliver.ses.to[0]: {ADDRESS}")),
        (ses(json!({"reply_to": ""})), format!("deliver.ses.reply_to: {ADDRESS}")),
        (ses(json!({"to": []})), "deliver.ses.to: must hold 1 to 50 addresses".to_owned()),
        (ses(json!({"to": vec!["a@example.com"; 51]})), "deliver.ses.to: must hold 1 to 50 addresses".to_owned()),
        (ses(json!({"subject": "a\nb"})), "deliver.ses.subject: must have 1 to 200 characters on one line".to_owned()),
        (ses(json!({"subject": "\u{200b}"})), "deliver.ses.subject: must hold something that can be seen".to_owned()),
        (ses(json!({"subject": "\u{3164} \u{fe0f}"})), "deliver.ses.subject: must hold something that can be seen".to_owned()),
        (json!({"slack": {"webhook": secret, "subject": "\u{2800}"}}), "deliver.slack.subject: must hold something that can be seen".to_owned()),
        (json!({"teams": {"workflow_url": secret, "subject": "\u{e0041}"}}), "deliver.teams.subject: must hold something that can be seen".to_owned()),
        (ses(json!({"subject": "x".repeat(201)})), "deliver.ses.subject: must have 1 to 200 characters on one line".to_owned()),
        (json!({"slack": {}}), "deliver.slack: must have either `webhook` or `bot_token`".to_owned()),
        (json!({"slack": {"webhook": secret, "bot_token": secret}}), "deliver.slack: must have either `webhook` or `bot_token`".to_owned()),
        (json!({"slack": {"webhook": "https://hooks.slack.com/services/canary"}}), format!("deliver.slack.webhook: {REFERENCE}")),
        (json!({"slack": {"webhook": {}}}), "deliver.slack.webhook: must have either `secretsmanager` or `ssm`".to_owned()),
        (json!({"slack": {"webhook": {"ssm": "x", "secretsmanager": "y"}}}), "deliver.slack.webhook: must have either `secretsmanager` or `ssm`".to_owned()),
        (json!({"slack": {"webhook": {"ssm": "x", "key": "y"}}}), "deliver.slack.webhook.key: belongs to `secretsmanager` only".to_owned()),
        (json!({"slack": {"webhook": {"ssm": ""}}}), "deliver.slack.webhook.ssm: must be an ARN or a name".to_owned()),
        (json!({"slack": {"webhook": secret, "channel": "C1"}}), "deliver.slack.channel: is for a bot; an incoming webhook belongs to one channel".to_owned()),
        (json!({"slack": {"bot_token": secret}}), "deliver.slack.channel: is missing: the bot posts there".to_owned()),
        (json!({"slack": {"bot_token": secret, "channel": "#general"}}), "deliver.slack.channel: must be the id of a channel or member, as C0123ABCD or U0123ABCD".to_owned()),
        (json!({"slack": {"webhook": secret, "mode": "interactive"}}), "deliver.slack.mode: must be one of `webhook`, `bot_token`, `channel`, `subject`".to_owned()),
        (json!({"teams": {"workflow_url": "https://x.logic.azure.com/canary"}}), format!("deliver.teams.workflow_url: {REFERENCE}")),
        (json!({"webhook": {"url": "http://hooks.example.com/", "secret": secret}}), "deliver.webhook.url: must begin with https://".to_owned()),
        (json!({"webhook": {"url": "https://hooks.example.com/"}}), "deliver.webhook: missing field `secret`".to_owned()),
        (json!({"webhook": {"url": "https://hooks.example.com/", "secret": secret, "sign": "none"}}), "deliver.webhook.sign: must be `standard-webhooks`".to_owned()),
        (json!({"eventbridge": {"event_bus_arn": "default"}}), "deliver.eventbridge.event_bus_arn: must be the ARN of an event bus".to_owned()),
        (json!({"eventbridge": {"event_bus_arn": BUS, "source": "aws.states"}}), "deliver.eventbridge.source: must have 1 to 256 letters, digits, dots, hyphens or underscores, and not begin with `aws.`".to_owned()),
        (json!({"eventbridge": {"event_bus_arn": BUS, "detail_type": ""}}), "deliver.eventbridge.detail_type: must have 1 to 128 characters, and no control characters".to_owned()),
    ];
    for (deliver, message) in cases {
        assert_eq!(deliveries(&deliver, &[]).unwrap_err(), message, "{deliver}");
    }
    for subject in ["", " a", "a\n", "é", &"x".repeat(100)] {
        let deliver = json!({"sns": {"topic_arn": TOPIC, "subject": subject}});
        let message = deliveries(&deliver, &[]).unwrap_err();
        assert!(
            message.starts_with("deliver.sns.subject: must be 1 to 99 characters"),
            "{message}"
        );
    }
    assert!(
        deliveries(
            &json!({"sns": {"topic_arn": TOPIC, "subject": "x".repeat(99)}}),
            &[]
        )
        .is_ok()
    );
}

#[test]
fn recipients_have_addresses_or_are_refused_by_field() {
    let people = recipients(
        json!([{"id": "ann@example.com"}, {"id": "bo", "email": "Bo <bo@example.com>", "slack": "U1"}]),
    );
    let addresses: Vec<_> = people
        .iter()
        .map(|person| person.email.as_ref().unwrap().email.to_string())
        .collect();
    assert_eq!(addresses, ["ann@example.com", "bo@example.com"]);
    assert!(deliveries(&json!({"ses": {"from": "a@example.com"}}), &people).is_ok());
    let both = json!({"ses": {"from": "a@example.com", "to": ["c@example.com"]}});
    let message =
        "deliver.ses.to: is left out with `recipients`: each gets their own links at their own `email`";
    assert_eq!(deliveries(&both, &people).unwrap_err(), message);
    let nameless = recipients(json!([{"id": "ann@example.com"}, {"id": "bo"}]));
    let message = "recipients[1].email: is missing: deliver.ses sends the links of this recipient there";
    assert_eq!(
        deliveries(&json!([{"ses": {"from": "a@example.com"}}]), &nameless).unwrap_err(),
        message
    );
    let bot = json!({"slack": {"bot_token": {"ssm": "/bot"}}});
    let message = "recipients[0].slack: is missing, and deliver.slack has no `channel` either";
    assert_eq!(deliveries(&bot, &people).unwrap_err(), message);
    for (wire, message) in [
        (
            json!([{"id": "a", "email": "a\r\nBcc: b@example.com"}]),
            "recipients[0].email: must be a mail address",
        ),
        (
            json!([{"id": "a", "slack": "ann"}]),
            "recipients[0].slack: must be the id",
        ),
        (
            json!([{"id": "a"}, {"id": "a"}]),
            "recipients[1].id: another recipient has the same id",
        ),
        (json!([]), "recipients: must hold 1 to 100 recipients"),
    ] {
        let fault = super::people(serde_json::from_value(wire.clone()).unwrap(), 100).unwrap_err();
        assert!(fault.to_string().starts_with(message), "{wire}: {fault}");
    }
}

#[test]
fn only_links_that_ask_are_sent_to_people() {
    let acts = json!([asks("a", json!(true)), {"name": "b", "type": "heartbeat"}]);
    for deliver in [
        sns(),
        slack(),
        teams(),
        json!({"ses": {"from": "a@example.com", "to": ["b@example.com"]}}),
    ] {
        let (code, text) = Given::new(acts.clone(), deliver).refused();
        assert!(
            code == "UnsafeDelivery" && text.starts_with("actions[1]: acts when its link is opened"),
            "{text}"
        );
    }
    let bus = json!({"eventbridge": {"event_bus_arn": BUS}});
    for deliver in [webhook(), bus] {
        assert!(Given::new(acts.clone(), deliver).made().is_ok());
    }
    let programs = json!([{"name": "p", "type": "post", "outcomes": [{"name": "o", "type": "heartbeat", "schema": {}}]}]);
    let (code, text) = Given::new(programs.clone(), sns()).refused();
    assert!(
        code == "InvalidJSON" && text.starts_with("deliver.sns: has no link for a person"),
        "{text}"
    );
    let mixed = json!([programs[0], asks("a", json!(true))]);
    let made = Given::new(mixed.clone(), json!([slack(), webhook()]))
        .made()
        .unwrap();
    assert!(!made.parcels[0].text().contains("link-0") && made.parcels[0].text().contains("link-1"));
    let urls = &body(&made.parcels[1])["data"]["urls"];
    assert_eq!(urls.as_object().unwrap().keys().collect::<Vec<_>>(), ["p", "a"]);
}

impl Parcel {
    fn text(&self) -> String {
        match self {
            Parcel::Topic { text, .. } => text.clone(),
            Parcel::Mail { raw, .. } => String::from_utf8(raw.clone()).unwrap(),
            _ => body(self).to_string(),
        }
    }
}

#[test]
fn what_the_stack_does_not_name_is_refused() {
    let action = json!([asks("a", json!(true))]);
    let other = json!({"secretsmanager": "other"});
    for (deliver, field, parameter) in [
        (
            json!({"sns": {"topic_arn": format!("{TOPIC}2")}}),
            "sns.topic_arn",
            "DeliverTopicArns",
        ),
        (
            json!({"ses": {"from": "a@other.example", "to": ["b@example.com"]}}),
            "ses.from",
            "DeliverIdentityArns",
        ),
        (
            json!({"slack": {"webhook": other}}),
            "slack.webhook",
            "DeliverSecretArns",
        ),
        (
            json!({"slack": {"bot_token": {"ssm": "chat"}, "channel": "C1"}}),
            "slack.bot_token",
            "DeliverParameterArns",
        ),
        (
            json!({"teams": {"workflow_url": other}}),
            "teams.workflow_url",
            "DeliverSecretArns",
        ),
        (
            json!({"webhook": {"url": "https://hooks.example.com.evil.example/", "secret": {"secretsmanager": "chat"}}}),
            "webhook.url",
            "DeliverHosts",
        ),
        (
            json!({"webhook": {"url": "https://hooks.example.com/", "secret": other}}),
            "webhook.secret",
            "DeliverSecretArns",
        ),
        (
            json!({"eventbridge": {"event_bus_arn": format!("{BUS}2")}}),
            "eventbridge.event_bus_arn",
            "DeliverEventBusArns",
        ),
    ] {
        let (code, text) = Given::new(action.clone(), json!([deliver])).refused();
        assert_eq!(code, "DeliveryDisabled", "{text}");
        assert!(
            text.starts_with(&format!("deliver[0].{field}: ")) && text.contains(parameter),
            "{text}"
        );
    }
}

fn page() -> Value {
    json!({"title": "Pay <b>900</b> & more?", "text": "First *line*.\nSecond <!channel> line.",
        "facts": [["Amount", "€ 900"], ["To", "[a](https://evil.example)"]], "label": "Pay", "style": "primary"})
}

#[test]
fn a_text_has_each_url_on_a_line_of_its_own() {
    let mut given = Given::new(json!([asks("pay", page()), asks("other", json!(true))]), sns());
    let made = given.made().unwrap();
    let Parcel::Topic { subject, text, .. } = &made.parcels[0] else {
        panic!()
    };
    assert_eq!(
        subject, "Your decision is needed",
        "two sections, so the heading is ours"
    );
    let expected = "# Your decision is needed

# Pay ‹b›900‹/b› & more?

> First *line*.
> Second ‹!channel› line.

- Amount: € 900
- To: [a](https://evil.example)

[Pay]
<https://links.example.com/respond?a=1&data=3-AAAA>

[Open: other]
<https://links.example.com/respond?a=1&data=3-AAAA>

Opening a link sends nothing yet: you will be asked first. Whoever has this message can answer, so please do not pass it on.

Answer by: 2026-12-24 17:00 UTC
Reference: 96bb738716ba1e823048155b788323af
";
    assert_eq!(text, expected);
    assert!(made.warnings.is_empty());
    given.url = format!("https://links.example.com/{}", "x".repeat(971));
    let warnings = given.made().unwrap().warnings;
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(
        warnings[0].starts_with("actions[0]: deliver.sns sends its URL as a line of 999 characters"),
        "{warnings:?}"
    );
    given.url.pop();
    assert!(given.made().unwrap().warnings.is_empty());
}

#[test]
fn the_title_is_the_heading_and_a_subject_of_sns_only_if_it_may_be() {
    let subject = |page: Value, deliver: Value| {
        let made = Given::new(json!([asks("pay", page)]), deliver).made().unwrap();
        let Parcel::Topic { subject, text, .. } = &made.parcels[0] else {
            panic!()
        };
        (
            subject.clone(),
            text.lines().next().unwrap().replacen("# ", "", 1),
        )
    };
    let same = |text: &str| (text.to_owned(), text.to_owned());
    assert_eq!(subject(json!({"title": "Pay?"}), sns()), same("Pay?"));
    let own = json!({"sns": {"topic_arn": TOPIC, "subject": "Own"}});
    assert_eq!(subject(json!({"title": "Pay?"}), own), same("Own"));
    let fallback = (
        "Your decision is needed".to_owned(),
        "Zahlen für Ärzte?".to_owned(),
    );
    assert_eq!(subject(json!({"title": "Zahlen für Ärzte?"}), sns()), fallback);
}

#[test]
fn everybody_gets_their_own_links_and_hears_whose_they_are() {
    let mut given = Given::new(
        json!([asks("a", json!(true))]),
        json!([sns(), {"ses": {"from": "Us <us@example.com>"}}]),
    );
    given.people = recipients(json!([{"id": "ann@example.com"}, {"id": "Bo", "email": "bo@example.com"}]));
    let parcels = given.made().unwrap().parcels;
    assert_eq!(parcels.len(), 4);
    for (place, id) in [(0, "ann@example.com"), (1, "Bo")] {
        let text = parcels[place].text();
        assert!(
            text.contains(&format!("AAAA{place}>")) && text.contains(&format!("For: {id}\n")),
            "{text}"
        );
    }
    let to = parcels.iter().filter_map(|parcel| match parcel {
        Parcel::Mail { from, to, region, .. } => Some((from.as_str(), to.as_str(), region.as_str())),
        _ => None,
    });
    let to: Vec<_> = to.collect();
    assert_eq!(
        to,
        [
            ("us@example.com", "ann@example.com", "eu-west-1"),
            ("us@example.com", "bo@example.com", "eu-west-1")
        ]
    );
}

#[test]
fn slack_gets_blocks_in_which_nothing_is_a_mention() {
    let mut given = Given::new(json!([asks("pay", page())]), slack());
    let message = body(&given.made().unwrap().parcels[0]);
    assert_eq!(
        (&message["unfurl_links"], &message["unfurl_media"]),
        (&json!(false), &json!(false))
    );
    assert!(message.get("channel").is_none());
    assert_eq!(message["text"], "Pay &lt;b&gt;900&lt;/b&gt; &amp; more?");
    assert_eq!(
        message["blocks"][0]["text"]["text"], "Pay <b>900</b> & more?",
        "plain text is not markup"
    );
    let quote = json!({"type": "rich_text", "elements": [{"type": "rich_text_quote", "elements": [
        {"type": "text", "text": "First *line*.\nSecond <!channel> line."}]}]});
    assert_eq!(message["blocks"][1], quote, "a run is not markup");
    let bold = json!({"bold": true});
    let facts = json!({"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [
        {"type": "text", "text": "Amount:", "style": bold}, {"type": "text", "text": " € 900"},
        {"type": "text", "text": "\nTo:", "style": bold}, {"type": "text", "text": " [a](https://evil.example)"}]}]});
    assert_eq!(message["blocks"][2], facts);
    let expected = json!({"type": "actions", "elements": [{"type": "button", "style": "primary", "action_id": "link-0",
        "text": {"type": "plain_text", "text": "Pay", "emoji": false},
        "url": "https://links.example.com/respond?a=1&data=3-AAAA"}]});
    assert_eq!(message["blocks"][3], expected);

    given.url = format!("https://links.example.com/{}", "x".repeat(2_974));
    assert!(given.made().is_ok(), "3,000 characters");
    given.url.push('x');
    let too_long = "actions[0]: the URL would have 3001 characters; a button of Slack takes 3000";
    assert_eq!(given.refused(), ("UrlTooLong", too_long.to_owned()));

    let long = json!({"text": "&".repeat(4_000), "label": "l".repeat(80), "title": "t".repeat(200)});
    let message = body(
        &Given::new(json!([asks("pay", long)]), slack())
            .made()
            .unwrap()
            .parcels[0],
    );
    let blocks = message["blocks"].as_array().unwrap();
    assert_eq!(blocks[0]["text"]["text"].as_str().unwrap().chars().count(), 150);
    let quotes = blocks.iter().filter(|block| block["type"] == "rich_text");
    let texts: Vec<&str> = quotes
        .map(|block| block["elements"][0]["elements"][0]["text"].as_str().unwrap())
        .collect();
    assert_eq!(texts, ["&".repeat(3_000), "&".repeat(1_000)]);
    let facts = json!({"facts": vec![json!(["t".repeat(100), "v".repeat(1_000)]); 5]});
    let made = Given::new(json!([asks("pay", facts)]), slack()).made().unwrap();
    let message = body(&made.parcels[0]);
    let rows = message["blocks"].as_array().unwrap().iter();
    let rows: Vec<usize> = rows
        .filter(|block| block["type"] == "rich_text")
        .map(|block| block["elements"][0]["elements"].as_array().unwrap().len() / 2)
        .collect();
    assert_eq!(rows, [2, 2, 1], "at most 3,000 characters in a block");
    let button = blocks.iter().find(|block| block["type"] == "actions").unwrap();
    assert_eq!(
        button["elements"][0]["text"]["text"]
            .as_str()
            .unwrap()
            .chars()
            .count(),
        75
    );

    let many: Vec<Value> = (0..26)
        .map(|number| asks(&format!("a{number}"), json!({"title": format!("t{number}")})))
        .collect();
    let (code, text) = Given::new(json!(many), slack()).refused();
    assert!(code == "InvalidJSON" && text.contains("Slack takes 50"), "{text}");
}

#[test]
fn a_bot_posts_to_its_channel_or_to_each_member() {
    let bot = json!({"slack": {"bot_token": {"secretsmanager": "chat"}, "channel": "C1"}});
    let mut given = Given::new(json!([asks("a", json!(true))]), bot);
    given.people = recipients(json!([{"id": "ann", "slack": "U1"}, {"id": "bo"}]));
    let channels: Vec<Value> = given
        .made()
        .unwrap()
        .parcels
        .iter()
        .map(|parcel| body(parcel)["channel"].clone())
        .collect();
    assert_eq!(channels, ["U1", "C1"]);
}

#[test]
fn teams_gets_a_card_in_which_nothing_is_markup() {
    let mut given = Given::new(json!([asks("pay", page())]), teams());
    let message = body(&given.made().unwrap().parcels[0]);
    let card = &message["attachments"][0]["content"];
    assert_eq!(
        (&card["type"], &card["version"]),
        (&json!("AdaptiveCard"), &json!("1.4"))
    );
    let kinds: Vec<_> = card["body"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| part["type"].as_str().unwrap())
        .collect();
    assert!(
        kinds
            .iter()
            .all(|kind| ["RichTextBlock", "Container", "ActionSet"].contains(kind)),
        "{kinds:?}"
    );
    assert!(card.to_string().contains(r#""text":"[a](https://evil.example)""#));
    let action = json!({"type": "Action.OpenUrl", "title": "Pay", "style": "positive",
        "url": "https://links.example.com/respond?a=1&data=3-AAAA"});
    assert!(
        card["body"]
            .as_array()
            .unwrap()
            .iter()
            .any(|part| part["actions"][0] == action)
    );
    // All say the same, so that their buttons stand together; of seven in one set Teams shows six.
    given.actions = (0..7).map(|n| asks(&format!("pay{n}"), page())).collect();
    let message = body(&given.made().unwrap().parcels[0]);
    let parts = message["attachments"][0]["content"]["body"].as_array().unwrap();
    let sets = parts.iter().filter_map(|part| part["actions"].as_array());
    assert_eq!(sets.map(Vec::len).collect::<Vec<_>>(), [6, 1]);
    given.actions = json!([asks(
        "pay",
        json!({"facts": vec![json!(["t", "v".repeat(1_000)]); 30]})
    )]);
    let (code, text) = given.refused();
    assert!(
        code == "InvalidJSON" && text.starts_with("deliver.teams: the message would have 3"),
        "{text}"
    );
}

#[test]
fn programs_are_told_all_links_and_no_texts() {
    let form = json!({"name": "decide", "type": "form", "title": "canary",
        "outcomes": [{"name": "yes", "type": "success", "output": 1}]});
    let bus = json!({"eventbridge": {"event_bus_arn": BUS}});
    let mut given = Given::new(
        json!([form, {"name": "beat", "type": "heartbeat"}]),
        json!([webhook(), bus]),
    );
    let parcels = given.made().unwrap().parcels;
    let data = json!({"transaction_id": TRANSACTION, "urls": {"decide": given.url, "beat": given.url}, "expiration": "2026-12-24T17:00:00Z"});
    let expected = json!({"type": "callback.created", "timestamp": "2026-09-21T14:13:20Z", "data": data});
    assert_eq!((body(&parcels[0]), body(&parcels[1])), (expected, data));
    let Parcel::Webhook { id, timestamp, .. } = &parcels[0] else {
        panic!()
    };
    assert_eq!(
        (id.as_str(), *timestamp),
        ("msg_96bb738716ba1e823048155b788323af", NOW)
    );
    let Parcel::Event {
        source, detail_type, ..
    } = &parcels[1]
    else {
        panic!()
    };
    assert_eq!(
        (source.as_str(), detail_type.as_str()),
        ("sfn-callback-urls", "callback.created")
    );
    given.people = recipients(json!([{"id": "ann"}, {"id": "bo"}]));
    let parcels = given.made().unwrap().parcels;
    assert_eq!(body(&parcels[1])["data"]["recipient"], "bo");
    let Parcel::Webhook { id, .. } = &parcels[1] else {
        panic!()
    };
    assert_eq!(
        id, "msg_96bb738716ba1e823048155b788323af_1",
        "each message has an id of its own"
    );
}

#[test]
fn texts_of_messages_are_in_nine_languages() {
    let mut headings = std::collections::BTreeSet::new();
    for language in Language::ALL {
        let mut given = Given::new(json!([asks("a", json!(true))]), sns());
        given.language = language;
        let text = given.made().unwrap().parcels[0].text();
        headings.insert(text.lines().next().unwrap().to_owned());
        assert!(
            !text.contains("{}") && text.contains("2026-12-24 17:00 UTC"),
            "{text}"
        );
    }
    assert_eq!(headings.len(), 9);
}

#[test]
fn nobodys_text_becomes_markup_in_a_mail() {
    let hostile = "</h1><script>alert(1)</script>\"'&<a href=\"javascript:x\">";
    let page = json!({"title": hostile, "text": hostile, "facts": [[hostile, hostile]], "label": hostile});
    let mut given = Given::new(json!([asks("a", page)]), sns());
    given.brand.name = Some(hostile.to_owned());
    let actions = actions(given.actions.clone());
    let urls: Map<String, Value> = [("a".to_owned(), given.url.clone().into())].into_iter().collect();
    let sealed = Sealed {
        actions: &actions,
        sets: Vec::new(),
        transaction: TRANSACTION.to_owned(),
        expires_at: None,
        now: NOW,
        language: Language::English,
        brand: &given.brand,
    };
    let set = UrlSet {
        person: None,
        urls: &urls,
    };
    let html = mail::html(&message::Message::new(&sealed, &set, Some(hostile)));
    let document = scraper::Html::parse_document(&html);
    let count = |selector: &str| {
        document
            .select(&scraper::Selector::parse(selector).unwrap())
            .count()
    };
    assert_eq!((count("script"), count("h1"), count("a")), (0, 1, 1), "{html}");
    let link = scraper::Selector::parse("a").unwrap();
    assert_eq!(
        document.select(&link).next().unwrap().attr("href"),
        Some(given.url.as_str())
    );
}

#[test]
fn no_text_adds_a_header_to_a_mail() {
    let deliver = json!({"ses": {"from": "\"A, B; <x>\" <us@example.com>", "to": ["ann@example.com"]}});
    let page = json!({"title": "Zahlen?\r\nBcc: evil@example.com"});
    let mail = Given::new(json!([asks("a", page)]), deliver)
        .made()
        .unwrap()
        .parcels[0]
        .text();
    let (head, _) = mail.split_once("\r\n\r\n").unwrap();
    let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    let names: Vec<&str> = unfolded
        .lines()
        .map(|line| line.split(':').next().unwrap())
        .collect();
    for name in &names {
        assert!(
            ["From", "To", "Subject", "Date", "MIME-Version", "Content-Type"].contains(name),
            "{head}"
        );
    }
    assert_eq!(names.iter().filter(|name| **name == "To").count(), 1, "{head}");
    assert!(mail.lines().all(|line| line.len() <= 78), "quoted-printable");
}

#[test]
fn debug_shows_no_link_and_no_text() {
    let page = json!({"title": "canary", "text": "canary"});
    let ses = json!({"ses": {"from": "a@example.com", "to": ["b@example.com"]}});
    let bus = json!({"eventbridge": {"event_bus_arn": BUS}});
    let all = json!([sns(), ses, slack(), teams(), webhook(), bus]);
    let mut given = Given::new(json!([asks("a", page)]), all);
    given.url = "https://links.example.com/canary".to_owned();
    let made = given.made().unwrap();
    assert_eq!(made.parcels.len(), 6);
    for parcel in &made.parcels {
        let shown = format!("{parcel:?}");
        assert!(!shown.contains("canary") && !shown.contains("links."), "{shown}");
    }
    let secret = json!({"slack": {"webhook": {"secretsmanager": "https://hooks.slack.com/services/canary"}}});
    assert!(!format!("{:?}", deliveries(&secret, &[])).contains("canary"));
}
