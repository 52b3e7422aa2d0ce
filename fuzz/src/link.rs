//! The text of a link, the query around it, and base URLs.

use super::bounded;
use super::service::{AUDIENCE, data_key};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sfn_callback_urls::action::{ActionType, Name};
use sfn_callback_urls::link::{BaseUrl, Query};
use sfn_callback_urls::seal::{Sealed, Untrusted};
use sfn_callback_urls::unseen::is_unseen;

/// The input is the text of a link; also a query, and a base URL.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    as_link(text);
    as_query(text);
    as_base_url(text);
}

fn as_link(text: &str) {
    let parsed = bounded(|| Untrusted::parse(text));
    let bare = bare(text);
    let bare = bare.as_str();
    // What is glued on or put in means nothing, as long as there is room for it.
    let others = [
        bare.to_owned(),
        format!("{text}.\")>"),
        format!("\u{feff}\r\n{text}。"),
    ];
    let has_room = text.chars().count() < 8_190;
    for other in others.iter().filter(|_| has_room) {
        let again = Untrusted::parse(other).map(|it| (it.format(), it.fingerprint()));
        assert_eq!(
            again,
            parsed
                .as_ref()
                .map(|it| (it.format(), it.fingerprint()))
                .map_err(Clone::clone)
        );
    }
    let Ok(parsed) = parsed else { return };
    match parsed {
        Untrusted::Plain(plain) => {
            assert!(bare.starts_with("1-") && bare.len() <= 10_240);
            let _ = bounded(|| plain.trust_without_key());
        }
        Untrusted::Legacy(bytes) => {
            assert!(bare.starts_with("2-") && bytes.len() <= 7_680);
        }
        Untrusted::Sealed(sealed) => {
            // One message has one text.
            let bytes = bare
                .strip_prefix("3-")
                .and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
            let bytes = bytes.expect("the text is canonical base64url");
            assert!(bytes.len() <= 6_144 && [1, 2, 3].contains(&bytes[0]));
            opens_only_as_it_was_made(bare, &sealed);
        }
    }
}

/// Without what programs on the way do to a link (docs/FORMAT.md, F1).
pub fn bare(text: &str) -> String {
    let seen = text.chars().filter(|c| !is_unseen(*c));
    let seen: String = seen.collect();
    let end = seen.find(|c: char| !(c.is_ascii_alphanumeric() || "-_=".contains(c)));
    seen[..end.unwrap_or(seen.len())].to_owned()
}

/// The fuzzer knows some links under this key, and cannot make others.
fn opens_only_as_it_was_made(text: &str, sealed: &Sealed) {
    if let Ok(opened) = bounded(|| sealed.open(&data_key(), AUDIENCE)) {
        assert!(
            super::seeds::vectors().contains_key(text),
            "a link was forged for the transaction {}",
            opened.payload.transaction
        );
    }
}

fn as_query(text: &str) {
    let query = bounded(|| Query::parse(text));
    let given = url::form_urlencoded::parse(text.as_bytes())
        .filter(|(name, _)| is_data(name))
        .count();
    // Never one of several.
    assert_eq!(query.data().is_ok(), given == 1, "{given} times");
}

/// Whether a name is that of the link, once what leaves no mark and what is left of escapes is off (docs/FORMAT.md, F6).
fn is_data(name: &str) -> bool {
    let seen: String = name.chars().filter(|c| !is_unseen(*c)).collect();
    let escapes = seen.strip_suffix("data");
    escapes.is_some_and(|escapes| escapes.to_ascii_lowercase().replace("amp;", "").is_empty())
}

fn as_base_url(text: &str) {
    let Ok(base) = bounded(|| BaseUrl::https(text)) else {
        return;
    };
    let name = Name::new("Größe_1".to_owned()).expect("a name");
    let link = bounded(|| base.link(&name, ActionType::Heartbeat, "3-AAAA"));
    let url = url::Url::parse(&link).expect("a link is a URL");
    assert_eq!(url.scheme(), "https");
    assert!(url.username().is_empty() && url.password().is_none() && url.fragment().is_none());
    let query = Query::parse(url.query().unwrap_or_default());
    assert_eq!(query.data(), Ok("3-AAAA"));
    assert!(query.agrees(&name, ActionType::Heartbeat) && !query.agrees(&name, ActionType::Success));
    assert!(link.starts_with(base.as_str()));
}
