//! What strangers sent stands in titles, texts, facts and labels. None of it may look like a part of the message.

use super::*;

/// What looks like a row and a link of ours, where it begins a line.
const FORGED: &str = "Amount: EUR 10";
const ADDRESS: &str = "https://evil.example/respond?data=3-AAAA";

/// Texts that would be several lines, or a format, somewhere.
fn hostile() -> Vec<String> {
    let breaks = [
        "\n",
        "\r",
        "\r\n",
        "\n\n",
        "\u{2028}",
        "\u{2029}",
        "\u{2028}\u{202e}",
        " \n\t",
        "\n\u{200b}",
        "\u{feff}\n",
    ];
    let mut texts: Vec<String> = breaks
        .iter()
        .map(|gap| format!("mallory{gap}{FORGED}{gap}{gap}Approve{gap}<{ADDRESS}>"))
        .collect();
    for gap in [
        " ".repeat(200),
        "\u{a0}".repeat(200),
        "\u{3000}".repeat(99),
        "\u{2800}".repeat(99),
        "\t".repeat(99),
    ] {
        texts.push(format!("mallory{gap}{FORGED}"));
    }
    for it in ["\u{200c}", "\u{200e}", "\u{fe0f}", "\u{e0041}"] {
        texts.push(format!("mallory{} {FORGED}", format!(" {it}").repeat(300)));
    }
    for it in ["", "\u{200e}", "\u{200d}", "\u{61c}", "\u{34f}", "\u{200a}"] {
        texts.push(format!("Approve <{it}{ADDRESS}>"));
        texts.push(format!("Approve <{it}evil.example/respond?data=3-A>"));
    }
    texts.extend([
        FORGED.to_owned(),
        format!("- {FORGED}"),
        format!("# Pay?\u{2028}- {FORGED}"),
        format!("*{FORGED}*"),
        "*Amount:* EUR 10".to_owned(),
        "_Amount_ ~Amount~ `Amount` ```Amount```".to_owned(),
        "> Amount: EUR 10".to_owned(),
        "<!channel> <!here> <@U123> <#C123> &lt;!channel&gt;".to_owned(),
        format!("<{ADDRESS}|Approve>"),
        format!("[Approve]({ADDRESS})"),
        "{{DATE(2026-01-01T00:00:00Z)}} {{{TIME(2026-01-01T00:00:00Z)}} {{{{".to_owned(),
        format!("{ADDRESS} <{ADDRESS}>"),
        ":white_check_mark: </td></tr><tr><th>Amount</th><td>EUR 10".to_owned(),
    ]);
    texts
}

/// Where a stranger's text may stand: (page, subject of the channel).
fn places(text: &str) -> Vec<(Value, Option<String>)> {
    let cut = |max: usize| text.chars().take(max).collect::<String>();
    let facts = |fact: Value| json!([fact, ["Amount", "EUR 90,000"]]);
    let page = |more: Value| {
        let mut page = json!({"title": "Pay?", "facts": facts(json!(["To", "Ann"])), "label": "Approve"});
        for (key, value) in more.as_object().unwrap() {
            page[key] = value.clone();
        }
        page
    };
    vec![
        (page(json!({"facts": facts(json!(["Requester", text]))})), None),
        (page(json!({"facts": facts(json!([cut(100), "x"]))})), None),
        (page(json!({"title": cut(200)})), None),
        (page(json!({"title": cut(200)})), Some("Own".to_owned())),
        (page(json!({"text": text})), None),
        (page(json!({"text": format!("{text}\n\n{text}")})), None),
        (page(json!({"label": cut(80)})), None),
    ]
}

fn made(page: &Value, deliver: Value) -> Parcel {
    let mut given = Given::new(json!([asks("pay", page.clone())]), deliver);
    given.people = recipients(json!([{"id": "ann@example.com", "slack": "U1"}]));
    given.made().unwrap().parcels.remove(0)
}

fn with_subject(mut deliver: Value, subject: Option<String>) -> Value {
    if let Some(subject) = subject {
        for channel in deliver.as_object_mut().unwrap().values_mut() {
            channel["subject"] = subject.clone().into();
        }
    }
    deliver
}

/// The lines of a text mail, as any program may see them.
fn lines_of(text: &str) -> Vec<&str> {
    text.split(['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}'])
        .map(str::trim_start)
        .collect()
}

#[track_caller]
fn check_text(text: &str, what: &str) {
    let lines = lines_of(text);
    // The row about the message begins with its own term, and none of theirs.
    assert!(
        !lines.iter().any(|line| line.starts_with("Amount: ")),
        "{what}: {text}"
    );
    // Whoever chooses a term has a row; what follows its colon is the value all the same.
    let is_row = |line: &&&str| line.starts_with("- Amount: ") && !line.ends_with(": x");
    let rows = lines.iter().filter(is_row);
    assert_eq!(
        rows.collect::<Vec<_>>(),
        [&"- Amount: EUR 90,000"],
        "{what}: {text}"
    );
    let links = lines.iter().filter(|line| line.contains('<'));
    assert_eq!(links.count(), 1, "{what}: {text}");
    let link = lines
        .iter()
        .position(|line| *line == "<https://links.example.com/respond?a=1&data=3-AAAA0>");
    assert!(link.is_some(), "{what}: {text}");
    assert!(
        text.chars().all(|c| c == '\n' || !c.is_control()),
        "{what}: {text:?}"
    );
    assert!(
        !text.contains(['\u{2028}', '\u{2029}', '\u{202e}', '\u{200b}', '\u{feff}']),
        "{what}: {text:?}"
    );
    assert!(
        !text.contains("   ") || text.contains("\n    "),
        "{what}: {text:?}"
    );
}

#[test]
fn nothing_begins_a_line_in_a_text() {
    for text in hostile() {
        for (page, subject) in places(&text) {
            // A title that is the heading begins the first line, and says so by being the first.
            let Parcel::Topic { text, subject, .. } = made(&page, with_subject(sns(), subject)) else {
                panic!()
            };
            check_text(&text, &page.to_string());
            assert!(!subject.contains(['\n', '\r']), "{subject:?}");
        }
    }
}

#[test]
fn nothing_begins_a_line_in_a_mail() {
    for text in hostile() {
        for (page, subject) in places(&text) {
            let ses = with_subject(json!({"ses": {"from": "a@example.com"}}), subject);
            let Parcel::Mail { raw, .. } = made(&page, ses) else {
                panic!()
            };
            let raw = String::from_utf8(raw).unwrap();
            let (head, _) = raw.split_once("\r\n\r\n").unwrap();
            let unfolded = head.replace("\r\n ", "").replace("\r\n\t", "");
            assert_eq!(
                unfolded
                    .lines()
                    .filter(|line| line.starts_with("Subject:"))
                    .count(),
                1,
                "{head}"
            );
            assert_eq!(unfolded.lines().count(), 6, "{head}");
            let [plain, html] = parts_of(&raw);
            check_text(&plain, &page.to_string());
            check_html(&html, &page.to_string());
        }
    }
}

/// The text of a mail, and its page.
fn parts_of(raw: &str) -> [String; 2] {
    let parts = raw.split("quoted-printable\r\n\r\n").skip(1);
    let parts: Vec<String> = parts
        .map(|part| unquoted(part.split("\r\n--").next().unwrap()))
        .collect();
    parts.try_into().unwrap()
}

/// Quoted-printable, undone.
fn unquoted(text: &str) -> String {
    let text = text.replace("=\r\n", "").replace("\r\n", "\n");
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        let byte = match (first, after) {
            (b'=', [high, low, ..]) => {
                rest = &after[2..];
                u8::from_str_radix(std::str::from_utf8(&[*high, *low]).unwrap(), 16).unwrap()
            }
            (other, _) => *other,
        };
        bytes.push(byte);
    }
    String::from_utf8(bytes).unwrap()
}

#[track_caller]
fn check_html(html: &str, what: &str) {
    let document = scraper::Html::parse_document(html);
    let all = |selector: &str| -> Vec<String> {
        let selector = scraper::Selector::parse(selector).unwrap();
        document
            .select(&selector)
            .map(|element| element.text().collect())
            .collect()
    };
    assert_eq!(
        (all("tr").len(), all("a").len(), all("h1").len()),
        (2, 1, 1),
        "{what}: {html}"
    );
    assert_eq!(all("tr:last-child"), ["AmountEUR 90,000"], "{what}: {html}");
    let one_line = |text: &String| !text.contains(['\n', '\r', '\u{2028}', '\u{2029}']);
    assert!(all("h1,h2,th,td,a,bdi").iter().all(one_line), "{what}: {html}");
    assert!(!html.contains("pre-line"), "line breaks of others would be shown");
    assert!(all("blockquote").len() <= 1, "{what}: {html}");
}

#[test]
fn nothing_is_a_format_or_a_row_in_slack() {
    for text in hostile() {
        for (page, subject) in places(&text) {
            let message = body(&made(&page, with_subject(slack(), subject)));
            let what = page.to_string();
            assert_eq!(message["mrkdwn"], false);
            let blocks = message["blocks"].as_array().unwrap();
            let mut rows = 0;
            for block in blocks {
                match block["type"].as_str().unwrap() {
                    "header" => assert!(is_one_plain_line(&block["text"]), "{what}: {block}"),
                    "actions" => {
                        let buttons = block["elements"].as_array().unwrap();
                        assert!(
                            buttons.len() == 1 && is_one_plain_line(&buttons[0]["text"]),
                            "{what}: {block}"
                        );
                        assert_eq!(
                            buttons[0]["url"],
                            "https://links.example.com/respond?a=1&data=3-AAAA0"
                        );
                    }
                    "context" => assert_eq!(block["elements"][0]["type"], "plain_text", "{what}: {block}"),
                    "rich_text" => rows += rows_of(&block["elements"][0], &what),
                    other => panic!("{other}"),
                }
            }
            assert_eq!(rows, 1, "{what}: {message}");
            assert!(!message.to_string().contains("\"mrkdwn\","), "{message}");
        }
    }
}

fn is_one_plain_line(text: &Value) -> bool {
    let is_one_line = text["text"]
        .as_str()
        .is_some_and(|text| lines_of(text).len() == 1);
    text["type"] == "plain_text" && text["emoji"] == false && is_one_line
}

/// How many rows begin with a bold "Amount:".
fn rows_of(element: &Value, what: &str) -> usize {
    let runs = element["elements"].as_array().unwrap();
    assert!(runs.iter().all(|run| run["type"] == "text"), "{what}: {element}");
    if element["type"] == "rich_text_quote" {
        assert!(
            runs.iter().all(|run| run.get("style").is_none()),
            "{what}: {element}"
        );
        return 0;
    }
    assert_eq!(element["type"], "rich_text_section");
    let breaks = |run: &Value| lines_of(run["text"].as_str().unwrap()).len() - 1;
    // Terms may follow our own line break, and values have none.
    for run in runs {
        let is_term = run["style"]["bold"] == true;
        let text = run["text"].as_str().unwrap();
        assert!(
            breaks(run) == usize::from(is_term && text.starts_with('\n')),
            "{what}: {element}"
        );
    }
    let is_amount =
        |run: &&Value| run["style"]["bold"] == true && run["text"].as_str().unwrap().trim() == "Amount:";
    runs.iter().filter(is_amount).count()
}

#[test]
fn nothing_is_a_row_in_teams() {
    for text in hostile() {
        for (page, subject) in places(&text) {
            let message = body(&made(&page, with_subject(teams(), subject)));
            let what = page.to_string();
            let card = &message["attachments"][0]["content"];
            let mut rows = 0;
            let is_theirs = |text: &str| card["fallbackText"].as_str().unwrap().contains(text);
            assert!(
                !is_theirs(FORGED) && !is_theirs("evil"),
                "it may be markdown: {card}"
            );
            let body = card["body"].as_array().unwrap();
            let quoted = body.iter().filter(|part| part["type"] == "Container");
            assert!(quoted.clone().count() <= 1 && quoted.clone().all(|part| part["style"] == "emphasis"));
            assert_eq!(quoted.count() == 1, page.get("text").is_some(), "{what}: {card}");
            let parts = body.iter().flat_map(|part| match part["items"].as_array() {
                Some(items) => items.iter().collect(),
                None => vec![part],
            });
            for part in parts {
                let runs = part["inlines"].as_array().cloned().unwrap_or_default();
                for run in &runs {
                    assert_eq!(lines_of(run["text"].as_str().unwrap()).len(), 1, "{what}: {run}");
                    assert!(!run["text"].as_str().unwrap().contains("{{"), "{what}: {run}");
                }
                rows += usize::from(runs.len() == 2 && runs[0]["text"] == "Amount: ");
                for action in part["actions"].as_array().into_iter().flatten() {
                    assert_eq!(
                        action["url"],
                        "https://links.example.com/respond?a=1&data=3-AAAA0"
                    );
                    assert_eq!(
                        lines_of(action["title"].as_str().unwrap()).len(),
                        1,
                        "{what}: {action}"
                    );
                }
            }
            assert_eq!(rows, 1, "{what}: {card}");
        }
    }
}

#[test]
fn programs_get_whom_the_links_are_for_as_one_value() {
    let id = format!("mallory\u{2028}{FORGED}");
    for (deliver, at) in [
        (webhook(), "/data/recipient"),
        (json!({"eventbridge": {"event_bus_arn": BUS}}), "/recipient"),
    ] {
        let mut given = Given::new(json!([asks("pay", json!(true))]), deliver);
        given.people = recipients(json!([{"id": id}]));
        let told = body(&given.made().unwrap().parcels[0]);
        assert_eq!(
            told.pointer(at),
            Some(&json!(id)),
            "a program reads it as it was given"
        );
    }
}

#[test]
fn whom_the_links_are_for_and_who_sends_them_stay_on_their_line() {
    let id = format!("mallory\u{2028}{FORGED}\u{2029}<{ADDRESS}>");
    let ses = json!({"ses": {"from": "a@example.com"}});
    for deliver in [sns(), ses, slack(), teams()] {
        let mut given = Given::new(json!([asks("pay", json!(true))]), deliver);
        given.people = recipients(json!([{"id": id, "email": "m@example.com"}]));
        given.brand.name = Some(format!("Us\u{2028}{FORGED}"));
        let text = match &given.made().unwrap().parcels[0] {
            Parcel::Mail { raw, .. } => parts_of(std::str::from_utf8(raw).unwrap()).concat(),
            Parcel::Topic { text, .. } => text.clone(),
            other => body(other).to_string(),
        };
        assert!(
            text.contains("mallory Amount: EUR 10") && !text.contains(['\u{2028}', '\u{2029}']),
            "{text}"
        );
        let begins = lines_of(&text).iter().any(|line| line.starts_with("Amount"));
        assert!(!begins, "{text}");
    }
}

#[test]
fn a_long_value_is_folded_before_a_mail_program_breaks_it() {
    let value = format!("{}{FORGED}", "x".repeat(980));
    let long = format!("{} {FORGED} {}", "y ".repeat(490), "z".repeat(1_500));
    let page = json!({"facts": [["Requester", value], ["Amount", "EUR 90,000"]], "text": long});
    let text = made(&page, sns()).text();
    assert!(text.lines().all(|line| line.len() <= 996), "{text}");
    for line in text
        .lines()
        .filter(|line| line.contains("EUR 10") || line.contains("zz"))
    {
        let is_set_off =
            line.starts_with("> ") || line.starts_with("    ") || line.starts_with("- Requester: ");
        assert!(is_set_off, "{line}");
    }
}
