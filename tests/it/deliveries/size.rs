//! How large all messages of a request may be together.

use super::{Fate, World};
use serde_json::{Value, json};

const MEBIBYTE: usize = 1 << 20;
const TOO_MUCH: &str = "all messages of the request together would have more than 16 MiB; make several requests, or shorten the texts";

/// As long as a page may be that fits into a link: 65,536 bytes before they are deflated, and at most fifty times of what they
/// are then. Each byte of it is six of a mail, which has it as text and as HTML.
fn long_action(name: &str) -> Value {
    let mut state = 1_u32;
    let mut digits = |chars: usize| -> String {
        let digit = |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            char::from_digit(state >> 28, 16).unwrap()
        };
        (0..chars).map(digit).collect()
    };
    let facts: Vec<Value> = (0..40)
        .map(|_| json!([format!("{}{}", digits(30), "é".repeat(70)), "é".repeat(600)]))
        .collect();
    let page =
        json!({"title": name, "text": format!("{}{}", digits(2_000), "é".repeat(2_000)), "facts": facts});
    json!({"name": name, "type": "heartbeat", "confirm": page})
}

fn request(actions: usize, recipients: usize, channels: usize) -> Value {
    let actions: Vec<Value> = (0..actions)
        .map(|number| long_action(&format!("a{number}")))
        .collect();
    let people: Vec<Value> = (0..recipients)
        .map(|number| json!({"id": format!("p{number:02}@example.com")}))
        .collect();
    let channel = json!({"ses": {"from": "us@example.com"}});
    let request = json!({"token": "t", "actions": actions, "recipients": people, "include_callback": true,
        "deliver": vec![channel; channels]});
    assert!(request.to_string().len() < MEBIBYTE, "a request that is read");
    request
}

#[test]
fn a_request_composes_at_most_sixteen_mebibytes() {
    let one = World::new(Fate::Taken);
    assert_eq!(one.invoked(&request(10, 1, 1)).answer.status, 200);
    let [mail] = one.mails().try_into().unwrap();
    println!(
        "{mail} bytes in a mail; {} in those of the largest request",
        mail * 100 * 10
    );
    assert!(mail > 3 * MEBIBYTE, "{mail}: the worst that we know");

    let fit = 16 * MEBIBYTE / mail;
    let world = World::new(Fate::Taken);
    let done = world.invoked(&request(10, fit, 1));
    assert_eq!(done.answer.status, 200, "{}", done.answer.body);
    let sum: usize = world.mails().iter().sum();
    assert_eq!(world.mails().len(), fit);
    assert!((13 * MEBIBYTE..=16 * MEBIBYTE).contains(&sum), "{sum}");

    for (recipients, channels, at) in [
        (fit + 1, 1, "deliver[0].ses"),
        (1, fit + 1, "deliver[4].ses"),
        (100, 10, "deliver[0].ses"),
    ] {
        let world = World::new(Fate::Taken);
        let done = world.invoked(&request(10, recipients, channels));
        assert_eq!(
            done.refusal(),
            ("InvalidJSON".to_owned(), format!("{at}: {TOO_MUCH}"))
        );
        assert!(world.mails().is_empty(), "nothing was sent");
    }
}

#[test]
fn an_optional_channel_makes_no_exception() {
    let world = World::new(Fate::Taken);
    let mut request = request(10, 5, 1);
    request["deliver"][0]["optional"] = true.into();
    let done = world.invoked(&request);
    assert_eq!(
        done.refusal(),
        ("InvalidJSON".to_owned(), format!("deliver[0].ses: {TOO_MUCH}"))
    );
    assert!(world.mails().is_empty(), "nothing was sent");
}
