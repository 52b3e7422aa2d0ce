//! Links as URLs: where they point, and what a request for one says.

#![cfg_attr(
    not(test),
    deny(
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::todo,
        clippy::unimplemented,
        clippy::unreachable,
        clippy::unwrap_used,
        reason = "a stranger chooses what comes here"
    )
)]

use crate::action::{ActionType, Name, wire};
use crate::https_url::is_plain;
use crate::rejection::{Damage, Fault, Rejection};
use crate::template::Parameters;
use crate::unseen::is_unseen;
use serde_json::value::RawValue;
use std::fmt;
use url::{Url, form_urlencoded};

/// Longest URL that is handed out, in characters; API Gateway takes 10,240 bytes with the headers.
pub const MAX_URL_CHARS: usize = 8_000;
/// Most bytes of all URLs of a request together. Lambda's answer may have 6 MB (Lambda's quotas), and names, warnings and secrets
/// stand in it besides.
pub const MAX_URLS_BYTES: usize = 4 << 20;
/// URLs longer than this are cut or refused by some mail programs, which is worth a warning.
pub const LONG_URL_CHARS: usize = 2_000;

/// Where links point: scheme, host and path, without a slash at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(String);

impl BaseUrl {
    /// An https URL without query, fragment or user info.
    ///
    /// # Errors
    /// A sentence for the author.
    pub fn https(text: &str) -> Result<Self, &'static str> {
        Self::with_scheme(text, &["https"])
    }

    /// As [`BaseUrl::https`]; http is allowed for a host of this machine.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn https_or_local(text: &str) -> Result<Self, &'static str> {
        let local = Url::parse(text)
            .is_ok_and(|url| matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]")));
        Self::with_scheme(text, if local { &["https", "http"] } else { &["https"] })
    }

    fn with_scheme(text: &str, schemes: &[&str]) -> Result<Self, &'static str> {
        let plain = text
            .chars()
            .all(|c| !c.is_whitespace() && !c.is_control() && c != '\\');
        let url = Url::parse(text).map_err(|_| "is not an absolute URL")?;
        let authority = text.split_once("://").map_or("", |(_, rest)| rest);
        let authority = authority.split(['/', '?', '#']).next().unwrap_or_default();
        if !plain || !schemes.contains(&url.scheme()) || authority.is_empty() {
            return Err("must be an https URL");
        }
        if !url.username().is_empty() || url.password().is_some() || authority.contains('@') {
            return Err("must not hold user info");
        }
        if !url.host().is_some_and(|host| is_plain(&host)) {
            return Err("must name its host with letters, digits, `-`, `_` and dots");
        }
        if text.contains('?') || text.contains('#') {
            return Err("must not hold a query or fragment");
        }
        Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
    }

    /// A stage of API Gateway on its default host.
    ///
    /// # Errors
    /// The part that is not one.
    pub fn api_stage(api_id: &str, stage: &str, region: &str) -> Result<Self, Fault> {
        let plain = |text: &str, more: &str| {
            let allowed = |c: char| c.is_ascii_alphanumeric() || more.contains(c);
            !text.is_empty() && text.len() <= 128 && text.chars().all(allowed)
        };
        if !plain(api_id, "") || api_id.chars().any(|c| c.is_ascii_uppercase()) {
            return Err(Fault::at(
                "api_id",
                "must be the id of an API: lower-case letters and digits",
            ));
        }
        if stage != "$default" && !plain(stage, "_-") {
            return Err(Fault::at(
                "stage",
                "must be the name of a stage: letters, digits, `_` and `-`",
            ));
        }
        if !is_region(region) {
            return Err(Fault::at(
                "region",
                "must be the name of a region, such as eu-central-1",
            ));
        }
        let host = format!("https://{api_id}.execute-api.{region}.{}", dns_suffix(region));
        Ok(Self(if stage == "$default" {
            host
        } else {
            format!("{host}/{stage}")
        }))
    }

    /// The `base_url` of a request: a string, or API, stage and region (`own_region` without one).
    ///
    /// # Errors
    /// `InvalidJSON` at `base_url`.
    pub fn requested(raw: &RawValue, own_region: &str) -> Result<Self, Rejection> {
        let invalid = |fault: Fault| Rejection::InvalidJson(fault.under("base_url"));
        if raw.get().starts_with('"') {
            let text: String = crate::action::read_text(raw.get(), |_| ()).map_err(invalid)?;
            return Self::https(&text).map_err(|what| invalid(Fault::at("", what)));
        }
        if !raw.get().starts_with('{') {
            return Err(invalid(Fault::at(
                "",
                "must be a string, or an object with api_id and stage",
            )));
        }
        let stage: wire::ApiStage = crate::action::read_text(raw.get(), |_| ()).map_err(invalid)?;
        let region = stage.region.as_deref().unwrap_or(own_region);
        Self::api_stage(&stage.api_id, &stage.stage, region).map_err(invalid)
    }

    /// The URL of a link. `data` is base64url, so that nothing in it needs to be encoded.
    pub fn link(&self, name: &Name, kind: ActionType, data: &str) -> String {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("action", name.as_str())
            .append_pair("type", kind.as_str())
            .finish();
        format!("{}/respond?{query}&data={data}", self.0)
    }

    /// The URL of a compact link, without what only people read. Where parameters are filled in, these two are as well,
    /// so such a link needs the long form.
    pub fn short_link(&self, data: &str) -> String {
        format!("{}/respond?data={data}", self.0)
    }

    /// The URL of a link as it was called.
    pub fn called(&self, raw_query: &str) -> String {
        format!("{}/respond?{raw_query}", self.0)
    }

    /// The URL itself, without a slash at the end.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a text has the shape of a region's name.
pub fn is_region(text: &str) -> bool {
    let part =
        |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    text.len() <= 32 && text.contains('-') && text.split('-').all(part)
}

/// The DNS suffix of a region's partition (botocore's `partitions.json`).
pub fn dns_suffix(region: &str) -> &'static str {
    match region.split_once('-').map(|(partition, _)| partition) {
        Some("cn") => "amazonaws.com.cn",
        Some("us") if region.starts_with("us-iso-") => "c2s.ic.gov",
        Some("us") if region.starts_with("us-isob-") => "sc2s.sgov.gov",
        Some("us") if region.starts_with("us-isof-") => "csp.hci.ic.gov",
        Some("eu") if region.starts_with("eu-isoe-") => "cloud.adc-e.uk",
        Some("eusc") => "amazonaws.eu",
        _ => "amazonaws.com",
    }
}

/// What a request for a link says in its query.
#[derive(Default)]
pub struct Query {
    /// The sealed link; `Err` when there is none or more than one.
    data: Option<String>,
    /// Every `action` that is there, for comparison with the sealed one.
    pub actions: Vec<String>,
    /// Every `type` that is there, for comparison with the sealed one.
    pub types: Vec<String>,
    /// Everything but `data`, decoded.
    pub parameters: Parameters,
    data_is_repeated: bool,
}

impl Query {
    /// Reads a query string as browsers write it, or as programs write it that escape `&` for HTML where nobody undoes it.
    pub fn parse(query: &str) -> Self {
        let mut read = Self::default();
        let mut parameters = Vec::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let (name, value) = (name_of(&name), value.into_owned());
            match name.as_str() {
                "data" => {
                    read.data_is_repeated |= read.data.is_some();
                    read.data = Some(value);
                    continue;
                }
                "action" => read.actions.push(value.clone()),
                "type" => read.types.push(value.clone()),
                _ => {}
            }
            parameters.push((name, value));
        }
        read.parameters = Parameters::from_pairs(parameters);
        read
    }

    /// The sealed link.
    ///
    /// # Errors
    /// There is none, or more than one.
    pub fn data(&self) -> Result<&str, Damage> {
        match &self.data {
            Some(_) if self.data_is_repeated => Err(Damage::Repeated),
            Some(data) => Ok(data),
            None => Err(Damage::Missing),
        }
    }

    /// Whether the readable parts of the URL agree with what was sealed. Absent ones agree, repeated ones do not. What leaves no
    /// mark is not compared: mail and chat programs add it.
    pub fn agrees(&self, name: &Name, kind: ActionType) -> bool {
        let agree = |given: &[String], sealed: &str| match given {
            [] => true,
            [one] => one.chars().filter(|c| !is_unseen(*c)).eq(sealed.chars()),
            _ => false,
        };
        agree(&self.actions, name.as_str()) && agree(&self.types, kind.as_str())
    }
}

/// The name of a parameter, without what leaves no mark. In front of it stands what is left of an `&amp;` whose `&` was taken for the separator; escaped
/// twice, it stands there twice. No placeholder can have such a name, so nobody's parameter is lost.
fn name_of(name: &str) -> String {
    const ESCAPE: &str = "amp;";
    let name: String = name.chars().filter(|c| !is_unseen(*c)).collect();
    let mut rest = name.as_str();
    while let Some((start, after)) = rest.split_at_checked(ESCAPE.len())
        && start.eq_ignore_ascii_case(ESCAPE)
    {
        rest = after;
    }
    rest.to_owned()
}

impl fmt::Debug for Query {
    /// A link is a secret, and its parameters are the visitor's data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Query(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::new(text.to_owned()).unwrap()
    }

    #[test]
    fn base_urls_lose_their_slash_and_keep_their_path() {
        for (given, expected) in [
            ("https://example.com", "https://example.com"),
            ("https://example.com/", "https://example.com"),
            ("https://Example.com/a/b/", "https://example.com/a/b"),
            ("https://example.com:8443/a", "https://example.com:8443/a"),
            ("https://example.com/@a", "https://example.com/@a"),
        ] {
            assert_eq!(
                BaseUrl::https(given).as_ref().map(BaseUrl::as_str),
                Ok(expected),
                "{given}"
            );
        }
        assert!(BaseUrl::https_or_local("http://127.0.0.1:8080").is_ok());
    }

    #[test]
    fn other_base_urls_are_refused() {
        for text in [
            "",
            "example.com",
            "http://example.com",
            "ftp://example.com",
            "https:example.com",
            "https:\\\\example.com",
            "https://user@example.com",
            "https://user:password@example.com",
            "https://@example.com",
            "https:///user@example.com",
            "https:///example.com",
            "https://example.com?a=b",
            "https://example.com/?",
            "https://example.com/#",
            "https://example.com/ a",
            "https://exa\tmple.com",
            "https://links.example.com{}",
            "https://{links.example.com",
            "https://a\"b.example.com",
            "https://a`b.example.com",
            "https://a!b.example.com",
            "javascript:alert(1)",
            "https://",
        ] {
            assert!(BaseUrl::https(text).is_err(), "{text}");
        }
        for host in [
            "links-1.a_b.example.com",
            "größe.example",
            "127.0.0.1",
            "[::1]:8443",
        ] {
            assert!(BaseUrl::https(&format!("https://{host}/")).is_ok(), "{host}");
        }
        assert!(BaseUrl::https("http://127.0.0.1").is_err());
        assert!(BaseUrl::https_or_local("http://example.com").is_err());
        assert!(BaseUrl::https_or_local("http://127.0.0.1.example.com").is_err());
    }

    #[test]
    fn stages_have_the_host_of_their_partition() {
        for (region, host) in [
            (
                "eu-central-1",
                "https://abc123.execute-api.eu-central-1.amazonaws.com/v1",
            ),
            (
                "cn-north-1",
                "https://abc123.execute-api.cn-north-1.amazonaws.com.cn/v1",
            ),
            (
                "us-gov-west-1",
                "https://abc123.execute-api.us-gov-west-1.amazonaws.com/v1",
            ),
            (
                "us-iso-east-1",
                "https://abc123.execute-api.us-iso-east-1.c2s.ic.gov/v1",
            ),
            (
                "us-isob-east-1",
                "https://abc123.execute-api.us-isob-east-1.sc2s.sgov.gov/v1",
            ),
        ] {
            assert_eq!(BaseUrl::api_stage("abc123", "v1", region).unwrap().as_str(), host);
        }
        let default = BaseUrl::api_stage("abc123", "$default", "eu-west-1").unwrap();
        assert_eq!(
            default.as_str(),
            "https://abc123.execute-api.eu-west-1.amazonaws.com"
        );
    }

    #[test]
    fn no_part_of_a_stage_can_change_the_host() {
        for (api_id, stage, region, at) in [
            ("", "v1", "eu-west-1", "api_id"),
            ("evil.example/", "v1", "eu-west-1", "api_id"),
            ("a@b", "v1", "eu-west-1", "api_id"),
            ("abc", "", "eu-west-1", "stage"),
            ("abc", "v1/..", "eu-west-1", "stage"),
            ("abc", "v1?x", "eu-west-1", "stage"),
            ("abc", "v1", "", "region"),
            ("abc", "v1", "evil.example", "region"),
            ("abc", "v1", "eu-west-1.evil", "region"),
            ("abc", "v1", "eu--1", "region"),
            ("abc", "v1", "euwest1", "region"),
        ] {
            let fault = BaseUrl::api_stage(api_id, stage, region).unwrap_err();
            assert_eq!(fault.at, at, "{api_id} {stage} {region}");
        }
    }

    fn requested(text: &str) -> Result<String, String> {
        let raw: Box<RawValue> = serde_json::from_str(text).unwrap();
        BaseUrl::requested(&raw, "eu-west-1")
            .map(|base| base.0)
            .map_err(|rejection| rejection.to_string())
    }

    #[test]
    fn a_request_names_a_url_or_a_stage() {
        assert_eq!(
            requested(r#""https://example.com/""#).as_deref(),
            Ok("https://example.com")
        );
        let own = "https://abc.execute-api.eu-west-1.amazonaws.com/v1";
        assert_eq!(requested(r#"{"api_id":"abc","stage":"v1"}"#).as_deref(), Ok(own));
        let china = "https://abc.execute-api.cn-north-1.amazonaws.com.cn/v1";
        assert_eq!(
            requested(r#"{"api_id":"abc","stage":"v1","region":"cn-north-1"}"#).as_deref(),
            Ok(china)
        );
        for (text, start) in [
            ("5", "base_url: must be a string"),
            ("null", "base_url: must be a string"),
            (r#""http://example.com""#, "base_url: must be an https URL"),
            (r#"{"api_id":"abc"}"#, "base_url: missing field `stage`"),
            (
                r#"{"api_id":"abc","stage":5}"#,
                "base_url.stage: must be a string",
            ),
            (r#"{"api_id":"A.b","stage":"v1"}"#, "base_url.api_id: must be"),
            (
                r#"{"api_id":"abc","stage":"v1","host":"x"}"#,
                "base_url.host: must be",
            ),
        ] {
            let message = requested(text).unwrap_err();
            assert!(message.starts_with(start), "{text}: {message}");
        }
    }

    #[test]
    fn what_a_link_says_is_read_again() {
        let base = BaseUrl::https("https://example.com/v1").unwrap();
        let url = base.link(&name("承認"), ActionType::Success, "3-AB_-");
        assert!(
            url.starts_with("https://example.com/v1/respond?action=%E6"),
            "{url}"
        );
        let query = Query::parse(Url::parse(&url).unwrap().query().unwrap());
        assert_eq!(query.data(), Ok("3-AB_-"));
        assert!(query.agrees(&name("承認"), ActionType::Success));
    }

    #[test]
    fn repeated_and_missing_data_are_damage() {
        assert_eq!(Query::parse("").data(), Err(Damage::Missing));
        assert_eq!(Query::parse("action=a").data(), Err(Damage::Missing));
        assert_eq!(Query::parse("data=3-A&data=3-A").data(), Err(Damage::Repeated));
    }

    #[test]
    fn names_lose_what_is_left_of_an_escaped_separator() {
        let bare = Query::parse("action=a&type=failure&data=3-A&who=Ann");
        for query in [
            "action=a&amp;type=failure&amp;data=3-A&amp;who=Ann",
            "amp;action=a&type=failure&amp;amp;data=3-A&amp;amp;who=Ann",
            "action=a&AMP;type=failure&Amp;data=3-A&AMP;amp;who=Ann",
            "action=a&amp%3Btype=failure&%61mp;data=3-A&amp;who=Ann",
            "action=a&type=failure&data=3-A&who=Bo&amp;who=Ann",
        ] {
            let read = Query::parse(query);
            assert_eq!(read.data(), bare.data(), "{query}");
            assert!(read.agrees(&name("a"), ActionType::Failure), "{query}");
            let who = crate::template::fill("$who", &read.parameters, str::to_owned);
            assert_eq!(who.as_deref(), Ok("Ann"), "{query}");
        }
        // Twice is twice, however it is written.
        for query in [
            "data=3-A&amp;data=3-A",
            "amp;data=3-A&data=3-B",
            "amp;data=3-A&amp;amp;data=3-A",
            "data=3-A&amp%3Bdata=",
        ] {
            assert_eq!(Query::parse(query).data(), Err(Damage::Repeated), "{query}");
        }
        for query in [
            "type=failure&amp;type=failure",
            "action=a&amp;action=a",
            "amp;type=success",
        ] {
            assert!(
                !Query::parse(query).agrees(&name("a"), ActionType::Failure),
                "{query}"
            );
        }
        for query in [
            "&amp;",
            "amp;=3-A",
            "amp=3-A",
            "xamp;data=3-A",
            "am;data=3-A",
            "ampé;data=3-A",
        ] {
            assert_eq!(Query::parse(query).data(), Err(Damage::Missing), "{query}");
        }
    }

    #[test]
    fn what_leaves_no_mark_is_not_a_part_of_a_name() {
        for query in [
            "data%E2%80%8B=3-A&action=a&type=failure",
            "action=a%E2%80%8B&%0D%0Adata=3-A&type=fail%0D%0Aure",
            "+data=3-A&%EF%BB%BFaction=%C2%AD%20a&t%E2%81%A0ype=failure%20",
            "action=a&AMP;%0A+data=3-A&am%E2%80%8Bp;type=failure",
        ] {
            let read = Query::parse(query);
            assert_eq!(read.data(), Ok("3-A"), "{query}");
            assert!(read.agrees(&name("a"), ActionType::Failure), "{query}");
        }
        for query in [
            "data=3-A&data%E2%80%8B=3-A",
            "%0D%0Adata=3-A&data=",
            "AMP;data=3-A&amp;+data=3-A",
        ] {
            assert_eq!(Query::parse(query).data(), Err(Damage::Repeated), "{query}");
        }
        for query in [
            "action=a&action%E2%80%8B=a",
            "action=a&+action=",
            "type%0A=success",
        ] {
            assert!(
                !Query::parse(query).agrees(&name("a"), ActionType::Failure),
                "{query}"
            );
        }
        // Values of parameters are the visitor's.
        let who = Query::parse("w%E2%80%8Bho=%E2%80%8BAnn+B");
        let who = crate::template::fill("$who", &who.parameters, str::to_owned);
        assert_eq!(who.as_deref(), Ok("\u{200b}Ann B"));
    }

    #[test]
    fn absent_parts_agree_and_others_must_be_the_same() {
        for query in ["", "action=a", "type=failure", "type=failure&action=a&x=y"] {
            assert!(
                Query::parse(query).agrees(&name("a"), ActionType::Failure),
                "{query}"
            );
        }
        for query in [
            "action=b",
            "action=",
            "action=A",
            "type=success",
            "action=a&action=a",
            "type=failure&type=failure",
        ] {
            assert!(
                !Query::parse(query).agrees(&name("a"), ActionType::Failure),
                "{query}"
            );
        }
    }
}
