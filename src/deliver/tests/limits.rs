//! On both sides of each limit.

use super::*;

/// Reads the same thing as long as it may be, and longer.
#[track_caller]
fn check_read(of: impl Fn(usize) -> Value, max: usize, message: &str) {
    assert!(deliveries(&of(max), &[]).is_ok(), "{message}");
    for length in [0, max + 1, 10 * max] {
        let fault = deliveries(&of(length), &[]).unwrap_err();
        assert!(fault.starts_with(message), "{length}: {fault}");
    }
}

#[test]
fn what_is_asked_for_has_limits_on_both_sides() {
    let ses = |field: &str, value: Value| {
        let mut ses = json!({"from": "a@example.com", "to": ["b@example.com"]});
        ses[field] = value;
        json!({"ses": ses})
    };
    let mailbox = |bytes: usize| format!("{} <a@example.com>", "n".repeat(bytes - 16));
    check_read(
        |count| json!(vec![sns(); count]),
        10,
        "deliver: must hold 1 to 10 channels",
    );
    check_read(
        |count| ses("to", json!(vec!["b@example.com"; count])),
        50,
        "deliver.ses.to: must hold 1 to 50",
    );
    check_read(
        |chars| ses("subject", "é".repeat(chars).into()),
        200,
        "deliver.ses.subject: must have 1 to 200",
    );
    let subject = |bytes: usize| json!({"sns": {"topic_arn": TOPIC, "subject": "s".repeat(bytes)}});
    check_read(subject, 99, "deliver.sns.subject: must be 1 to 99");
    let of_event = |field: &str, text: String| json!({"eventbridge": {"event_bus_arn": BUS, field: text}});
    check_read(
        |chars| of_event("detail_type", "é".repeat(chars)),
        128,
        "deliver.eventbridge.detail_type: must have 1 to 128",
    );
    check_read(
        |bytes| of_event("source", "s".repeat(bytes)),
        256,
        "deliver.eventbridge.source: must have 1 to 256",
    );
    let secret = |bytes: usize| json!({"slack": {"webhook": {"secretsmanager": "s".repeat(bytes)}}});
    check_read(secret, 512, "deliver.slack.webhook.secretsmanager: must be");
    let parameter = |bytes: usize| json!({"teams": {"workflow_url": {"ssm": "s".repeat(bytes)}}});
    check_read(parameter, 512, "deliver.teams.workflow_url.ssm: must be");
    let channel = |chars: usize| json!({"slack": {"bot_token": {"ssm": "s"}, "channel": "C".repeat(chars)}});
    check_read(channel, 64, "deliver.slack.channel: must be");
    for (bytes, is_read) in [(512, true), (513, false), (5_120, false)] {
        assert_eq!(mailbox(bytes).len(), bytes);
        let read = deliveries(&ses("from", mailbox(bytes).into()), &[]);
        assert_eq!(read.is_ok(), is_read, "{bytes}: {read:?}");
    }
}

/// The first length of `of` that is refused, with what is said then.
fn first_refused(of: impl Fn(usize) -> Given, accepted: usize, message: &str) {
    assert!(of(accepted).made().is_ok(), "{message}");
    for more in [1, 1_000] {
        let (code, text) = of(accepted + more).refused();
        assert_eq!(code, "InvalidJSON");
        assert!(text.starts_with(message), "{text}");
    }
}

/// A request of one channel whose URL is so long that what is measured has so many bytes.
fn with_bytes(deliver: &Value, bytes: usize, measure: impl Fn(&Parcel) -> usize) -> Given {
    let mut given = Given::new(json!([asks("a", json!(true))]), deliver.clone());
    let own = measure(&given.made().unwrap().parcels[0]);
    given.url.push_str(&"x".repeat(bytes - own));
    given
}

#[test]
fn messages_have_the_limits_of_their_channels() {
    let of_topic = |parcel: &Parcel| parcel.text().len();
    let topic = |bytes| with_bytes(&sns(), bytes, of_topic);
    first_refused(topic, 1_048_576, "deliver.sns: the message would have 1");
    for (bytes, is_large) in [(262_144, false), (262_145, true), (1_048_576, true)] {
        let warnings = topic(bytes).made().unwrap().warnings;
        let told = warnings
            .iter()
            .filter(|it| it.contains("MaximumMessageSize"))
            .count();
        assert_eq!(told, usize::from(is_large), "{bytes}: {warnings:?}");
    }
    let of_body = |parcel: &Parcel| match parcel {
        Parcel::Teams { body, .. } => body.len(),
        Parcel::Event {
            source,
            detail_type,
            detail,
            ..
        } => source.len() + detail_type.len() + detail.len(),
        _ => panic!("another channel"),
    };
    let card = |bytes| with_bytes(&teams(), bytes, of_body);
    first_refused(card, 28 * 1_024, "deliver.teams: the message would have 2");
    let bus = json!({"eventbridge": {"event_bus_arn": BUS, "source": "s".repeat(200), "detail_type": "t"}});
    let event = |bytes| with_bytes(&bus, bytes, of_body);
    first_refused(event, 1_048_576, "deliver.eventbridge: the message would have 1");
    // A header and a context; between them a text and buttons for each action, and two blocks of a text that is too long.
    let blocks = |blocks: usize| {
        let pages = (0..(blocks - 2) / 2).map(|number| {
            let text = if number == 0 && blocks % 2 == 1 {
                "x".repeat(3_001)
            } else {
                "x".to_owned()
            };
            asks(&format!("a{number}"), json!({"text": format!("{text}{number}")}))
        });
        Given::new(pages.collect(), slack())
    };
    assert_eq!(
        body(&blocks(50).made().unwrap().parcels[0])["blocks"]
            .as_array()
            .unwrap()
            .len(),
        50
    );
    first_refused(blocks, 50, "deliver.slack: the message would have ");
}

#[test]
fn all_messages_of_a_request_have_sixteen_mebibytes_together() {
    let eight = json!(vec![webhook(); 8]);
    let mut given = Given::new(json!([asks("a", json!(true))]), eight);
    let sizes =
        |given: &Given| -> Vec<usize> { given.made().unwrap().parcels.iter().map(Parcel::size).collect() };
    let more = (2 << 20) - sizes(&given)[0];
    given.url.push_str(&"x".repeat(more));
    assert_eq!(sizes(&given), [2 << 20; 8]);
    given.url.push('x');
    let text = "deliver[7].webhook: all messages of the request together would have more than 16 MiB; make several \
                requests, or shorten the texts";
    assert_eq!(given.refused(), ("InvalidJSON", text.to_owned()));
    given.deliver = json!(vec![webhook(); 7]);
    assert!(given.made().is_ok());
}
