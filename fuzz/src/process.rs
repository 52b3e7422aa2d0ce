//! Requests for links: genuine ones, used by strangers, and ones that strangers made up.

use super::bounded;
use super::service::{Answer, BASE, NOW, Service, set_clock};
use serde_json::json;
use sfn_callback_urls::web::Door;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// One link of every kind, for the one task, and for those that ask also a nonce that counts.
pub static LINKS: LazyLock<BTreeMap<String, Link>> = LazyLock::new(make_links);

pub struct Link {
    url: String,
    nonce: String,
}

/// The input is a request as text: `METHOD link more-of-the-query`, lines of headers, an empty line, the body. The link is
/// the name of a genuine one, or the text of any. `{nonce}` in the body stands for a good one.
pub fn check(data: &[u8]) {
    let Some((head, body)) = super::split_head(data) else {
        return;
    };
    let mut lines = head.lines();
    let mut first = lines.next().unwrap_or_default().splitn(3, ' ');
    let (method, link, more) = (
        first.next().unwrap_or_default(),
        first.next().unwrap_or_default(),
        first.next(),
    );
    let headers: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(':')).collect();
    let genuine = LINKS.get(link);
    let encoded: String = url::form_urlencoded::byte_serialize(link.as_bytes()).collect();
    let mut uri = match genuine {
        Some(genuine) => genuine.url.clone(),
        None => format!("{BASE}/respond?data={encoded}"),
    };
    if let Some(more) = more {
        uri.push_str(&format!("&{more}"));
    }
    let body = with_nonce(body, genuine);

    for service in [Service::new(), Service::without_key()] {
        let Some(answer) = bounded(|| service.process(method, &uri, &headers, &body)) else {
            return; // HTTP has no such request
        };
        assert!(answer.status < 500, "{}", answer.body);
        check_effect(&service, &answer, method, link);
        assert!(
            !answer.body.contains(&service.token),
            "the answer shows the token"
        );
    }
}

fn check_effect(service: &Service, answer: &Answer, method: &str, link: &str) {
    let log = service.log();
    let is_preflight = method == "OPTIONS" && log.is_empty();
    assert!(log.len() == 1 || is_preflight);
    let outcome = log
        .first()
        .map(|line| line["outcome"].clone())
        .unwrap_or_default();
    if service.is_untold() {
        assert_ne!(outcome, "recorded", "said that the task was told");
        return;
    }
    assert_eq!(outcome, "recorded", "the task was told in silence");
    assert!(
        matches!(answer.status, 200 | 303),
        "refused, and the task was told"
    );
    assert!(
        matches!(method, "GET" | "POST"),
        "{method} told the task something"
    );
    let asks = ["ask", "strict", "form"].contains(&link);
    assert!(
        !(method == "GET" && asks),
        "a look at a page told the task something"
    );
    // Without a key anybody makes links, but not for this task: its token is nowhere else.
    assert!(LINKS.contains_key(link), "a forged link told the task something");
}

fn with_nonce(body: &[u8], link: Option<&Link>) -> Vec<u8> {
    let (Some(link), Ok(text)) = (link, std::str::from_utf8(body)) else {
        return body.to_vec();
    };
    text.replace("{nonce}", &link.nonce).into_bytes()
}

fn make_links() -> BTreeMap<String, Link> {
    let service = Service::new();
    let reply = json!({"html": "<p>$p</p>", "text": "$p", "json": {"p": "$p"}});
    let schema = json!({"type": "object", "required": ["why"], "properties": {
        "why": {"type": "string", "minLength": 2}, "days": {"type": "integer", "maximum": 9},
        "on": {"type": "string", "format": "date"}, "sure": {"type": "boolean"},
        "of": {"enum": ["a", "b"]}, "all": {"type": "array", "items": {"enum": [1, 2]}, "uniqueItems": true}}});
    let outcomes = json!([
        {"name": "yes", "type": "success", "schema": {"properties": {"ok": {"const": true}}, "required": ["ok"]},
            "output_path": "$..a[?@.b > 1]"},
        {"name": "no", "type": "failure", "schema": {"type": "object", "required": ["why"]}, "error": "No",
            "cause_path": "why"},
        {"name": "other", "type": "success", "schema": {"type": ["array", "string"]}, "output_body": true,
            "response": {"redirect": "https://example.com/"}},
    ]);
    let plain = json!([{"name": "any", "type": "success", "schema": {}, "output_body": true}]);
    let buttons = json!([
        {"name": "yes", "type": "success", "schema": schema, "output_body": true, "label": "Yes"},
        {"name": "no", "type": "failure", "error": "No", "label": "No", "style": "danger"},
    ]);
    let actions = json!([
        {"name": "success", "type": "success", "output": {"p": "$p"}, "response": reply},
        {"name": "failure", "type": "failure", "error": "$p", "cause": "${p} $$"},
        {"name": "heartbeat", "type": "heartbeat", "response": {"redirect": "https://example.com/a?b=$p"}},
        {"name": "ask", "type": "success", "output": 1, "confirm": true, "title": "Really?"},
        {"name": "strict", "type": "failure", "confirm": "strict"},
        {"name": "post", "type": "post", "outcomes": outcomes},
        {"name": "signed", "type": "post", "outcomes": plain, "verify": {"scheme": "github", "secret": "It's a Secret to Everybody"},
            "bodies": ["json", "form", "multipart", "text", "empty"]},
        {"name": "form", "type": "form", "text": "Which?", "outcomes": buttons},
    ]);
    let sealed = |actions: &serde_json::Value, parameters: bool| {
        let request =
            json!({"token": service.token, "actions": actions, "enable_output_parameters": parameters});
        let answer = service.create(Door::RestApi, request.to_string().as_bytes());
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["urls"].clone()
    };
    let with_parameters = sealed(&actions, true);
    let urls = with_parameters.as_object().expect("links");
    let link = |(name, url): (&String, &serde_json::Value)| {
        let url = url.as_str().expect("a link").to_owned();
        set_clock(NOW - 60);
        let page = service
            .process("GET", &url, &[("accept", "text/html")], b"")
            .expect("a page")
            .body;
        set_clock(NOW);
        let nonce = page
            .split_once("name=\"nonce\" value=\"")
            .map(|(_, rest)| rest.split('"').next());
        (
            name.clone(),
            Link {
                url,
                nonce: nonce.flatten().unwrap_or_default().to_owned(),
            },
        )
    };
    urls.iter().map(link).collect()
}
