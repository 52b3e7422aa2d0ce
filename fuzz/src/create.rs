//! Requests to create.

use super::bounded;
use super::service::Service;
use serde_json::Value;
use sfn_callback_urls::web::Door;

/// Links of one request that are looked at; more would only take time.
const LOOKED_AT: usize = 3;

/// The input is the body of a request; `TOKEN` in it stands for the token of a waiting task.
pub fn check(data: &[u8]) {
    let service = Service::new();
    let body = String::from_utf8_lossy(data).replace("TOKEN", &service.token);
    // What is not UTF-8 shall come in as it is.
    let body = if std::str::from_utf8(data).is_ok() {
        body.as_bytes()
    } else {
        data
    };
    let direct = bounded(|| service.create(Door::Direct, body));
    let over_http = bounded(|| service.create(Door::RestApi, body));
    assert!(service.is_untold(), "create told the task something");
    let log = service.log();
    assert_eq!(log.len(), 2);

    assert!(
        !direct.body.contains(&service.token),
        "the answer shows the token"
    );
    let (direct, answer) = (direct.json(), over_http.json());
    assert_eq!(direct.get("error"), answer.get("error"));
    if over_http.status != 200 {
        assert!((400..500).contains(&over_http.status), "{}", over_http.body);
        assert!(answer["error"].is_string() && answer["message"].is_string());
        assert_eq!(log[1]["error"], answer["error"]);
        return;
    }
    // One set of links, or one for each recipient.
    let sets = match answer["recipients"].as_array() {
        Some(recipients) => recipients.iter().map(|recipient| &recipient["urls"]).collect(),
        None => vec![&answer["urls"]],
    };
    let urls: Vec<&Value> = sets
        .iter()
        .filter_map(|set| set.as_object())
        .flat_map(|set| set.values())
        .collect();
    assert!(urls.len() >= sets.len() && !sets.is_empty());
    for url in urls.into_iter().take(LOOKED_AT) {
        look_at(&service, url);
    }
}

/// Whoever only looks does nothing, and gets an answer that is none of our faults.
fn look_at(service: &Service, url: &Value) {
    let url = url.as_str().expect("a link is a text");
    assert!(url.len() <= 8_000 && url.starts_with("https://"));
    for accept in ["text/html", "application/json", "text/plain"] {
        let answer = bounded(|| service.process("HEAD", url, &[("accept", accept)], b""));
        assert!(answer.is_some_and(|answer| answer.status < 500 && answer.body.is_empty()));
    }
    let prefetch = bounded(|| service.process("GET", url, &[("sec-purpose", "prefetch")], b""));
    assert!(prefetch.is_some_and(|answer| answer.status < 500));
    assert!(
        service.is_untold(),
        "somebody who only looked told the task something"
    );
}
