//! What the author wants the visitor to get.

use super::wire;
use crate::json::JsonText;
use crate::rejection::Fault;
use crate::template;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::fmt;
use url::Url;

/// The author's own answers, each for callers of its type; used only when the callback succeeded.
#[derive(Clone, PartialEq, Default)]
pub struct ReplySpec {
    /// Wins over the others.
    pub redirect: Option<Redirect>,
    /// An object, for callers that want JSON.
    pub json: Option<JsonText>,
    /// A page.
    pub html: Option<String>,
    /// Plain text.
    pub text: Option<String>,
}

impl ReplySpec {
    /// Checks what was written.
    ///
    /// # Errors
    /// A fault below `response`.
    pub fn read(wire: wire::Response) -> Result<Self, Fault> {
        let json = wire.json.map(|raw| {
            let json = JsonText::compact(&raw).map_err(|fault| Fault::at("json", fault))?;
            let is_object = json.as_str().starts_with('{');
            is_object
                .then_some(json)
                .ok_or_else(|| Fault::at("json", "must be an object"))
        });
        Ok(Self {
            redirect: wire
                .redirect
                .map(Redirect::read)
                .transpose()
                .map_err(|what| Fault::at("redirect", what))?,
            json: json.transpose()?,
            html: wire.html,
            text: wire.text,
        })
    }

    /// As it is sealed; `None` when there is nothing to seal.
    pub fn to_json(&self) -> Option<JsonText> {
        let wire = wire::Response {
            redirect: self.redirect.as_ref().map(|redirect| redirect.0.clone()),
            json: self.json.clone().map(JsonText::into_raw),
            html: self.html.clone(),
            text: self.text.clone(),
        };
        (*self != Self::default()).then(|| JsonText::of(&wire))
    }
}

impl fmt::Debug for ReplySpec {
    /// Answers are the owner's data: only which there are is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            ("redirect", self.redirect.is_some()),
            ("json", self.json.is_some()),
            ("html", self.html.is_some()),
            ("text", self.text.is_some()),
        ];
        let given = parts
            .iter()
            .filter(|(_, is_given)| *is_given)
            .map(|(part, _)| *part);
        f.debug_set().entries(given).finish()
    }
}

/// An absolute http or https URL to send the browser to, as the author wrote it.
#[derive(Clone, PartialEq, Eq)]
pub struct Redirect(String);

/// What a value keeps of itself in a redirect: it can end neither a segment nor a query field.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

impl Redirect {
    /// Accepts `http://` and `https://` URLs that a browser and a header read in the same way.
    ///
    /// # Errors
    /// A sentence for the author.
    pub fn read(text: String) -> Result<Self, &'static str> {
        let scheme = text
            .split_once("://")
            .map(|(scheme, _)| scheme.to_ascii_lowercase());
        if !matches!(scheme.as_deref(), Some("http" | "https")) {
            return Err("must be an absolute http or https URL");
        }
        if text
            .chars()
            .any(|c| c.is_control() || c.is_whitespace() || c == '\\')
        {
            return Err("must not contain white space, control characters or backslashes");
        }
        match Url::parse(&text) {
            Ok(_) => Ok(Self(text)),
            Err(_) => Err("is not a valid URL"),
        }
    }

    /// Whether parameters would be filled in before the path, which could change the host.
    pub fn has_parameter_in_host(&self) -> bool {
        let behind_scheme = self.0.split_once("://").map_or("", |(_, rest)| rest);
        let authority = behind_scheme.split(['/', '?', '#']).next().unwrap_or_default();
        authority.contains('$')
    }

    /// Scheme, host and port, for a policy that lets a form lead there. `None` for a host that a policy could read as
    /// something else.
    pub fn origin(&self) -> Option<String> {
        let url = Url::parse(&self.0).ok()?;
        let host = url.host_str()?;
        let plain = host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
        plain.then(|| url.origin().ascii_serialization())
    }

    /// The value of `Location`: as written where a header can carry it, else percent-encoded.
    pub fn location(&self) -> String {
        match Url::parse(&self.0) {
            Ok(url) if !self.0.is_ascii() => url.into(),
            Ok(_) | Err(_) => self.0.clone(),
        }
    }

    /// Fills parameters in, each value percent-encoded, and checks that scheme and host are still the author's.
    ///
    /// # Errors
    /// A missing parameter, a malformed placeholder, or a host that would change.
    pub fn fill(&self, parameters: &template::Parameters) -> Result<Self, String> {
        let encoded = |value: &str| utf8_percent_encode(value, VALUE).to_string();
        let filled = template::fill(&self.0, parameters, encoded).map_err(|fault| fault.to_string())?;
        let origin = |text: &str| Url::parse(text).map(|url| url.origin());
        if filled.len() > MAX_FILLED_CHARS {
            return Err(format!(
                "grows over {MAX_FILLED_CHARS} characters with the parameters of the query"
            ));
        }
        match (origin(&self.0), origin(&filled)) {
            (Ok(author), Ok(now)) if author == now && !self.has_parameter_in_host() => Ok(Self(filled)),
            _ => Err("a parameter may change neither scheme nor host of a redirect".to_owned()),
        }
    }
}

/// Longest redirect that parameters were filled into: API Gateway takes headers of 10,240 bytes in all, of which the others
/// have some hundreds.
const MAX_FILLED_CHARS: usize = 8_192;

impl fmt::Debug for Redirect {
    /// Parameters may have been filled in.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redirect(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_and_https_urls_are_accepted_as_written() {
        for text in [
            "https://example.com",
            "HTTP://example.com/a?b=c#d",
            "https://example.com/$a?b=${c}",
        ] {
            assert_eq!(
                Redirect::read(text.to_owned()).map(|r| r.location()),
                Ok(text.to_owned()),
                "{text}"
            );
        }
        let unicode = Redirect::read("https://example.com/é".to_owned()).unwrap();
        assert_eq!(unicode.location(), "https://example.com/%C3%A9");
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "",
            "/relative",
            "//example.com",
            "javascript:alert(1)",
            "javascript://example.com/%0aalert(1)",
            "data:text/html,x",
            "ftp://example.com",
            "https:example.com",
            "https:/example.com",
            "https://",
            "https://exa\nmple.com",
            "https://example.com/\r\nSet-Cookie: a=b",
            "https:\\\\example.com",
            "https://example.com\\@evil.example",
            " https://example.com",
            "https://example.com/a b",
            "https://example.com:${port}/",
        ] {
            assert!(Redirect::read(text.to_owned()).is_err(), "{text}");
        }
    }

    fn filled(text: &str, value: &str) -> Result<String, String> {
        let parameters = template::Parameters::from_pairs([("a".to_owned(), value.to_owned())]);
        Redirect::read(text.to_owned())
            .unwrap()
            .fill(&parameters)
            .map(|redirect| redirect.location())
    }

    #[test]
    fn values_are_percent_encoded() {
        let expected = "https://example.com/x%2F..%3Fy%26z%3D%C3%A9?q=x%2F..%3Fy%26z%3D%C3%A9";
        assert_eq!(
            filled("https://example.com/$a?q=${a}", "x/..?y&z=é").as_deref(),
            Ok(expected)
        );
        assert_eq!(
            filled("https://example.com/$$", "x").as_deref(),
            Ok("https://example.com/$")
        );
    }

    #[test]
    fn what_no_header_holds_is_refused() {
        let most = MAX_FILLED_CHARS - "https://example.com/?q=".len();
        let text = "https://example.com/?q=$a";
        assert!(filled(text, &"x".repeat(most)).is_ok());
        assert!(filled(text, &"x".repeat(most + 1)).is_err());
        assert!(filled(text, &"é".repeat(most / 6 + 1)).is_err());
    }

    #[test]
    fn a_value_changes_neither_scheme_nor_host() {
        for (text, value) in [
            ("https://$a/", "evil.example"),
            ("https://example.com$a", ".evil.example"),
            ("https://example.com$a", "@evil.example"),
            ("https://$a@example.com/", "x"),
        ] {
            assert!(filled(text, value).is_err(), "{text}");
        }
        for value in [
            "//evil.example",
            "\\\\evil.example",
            "\r\nX: y",
            "..",
            "javascript:x",
        ] {
            let location = filled("https://example.com/$a", value).unwrap();
            assert!(location.starts_with("https://example.com/"), "{location}");
            assert_eq!(Url::parse(&location).unwrap().host_str(), Some("example.com"));
            assert!(location.chars().all(|c| c.is_ascii_graphic()), "{location}");
        }
    }

    #[test]
    fn missing_and_malformed_parameters_are_refused() {
        for text in [
            "https://example.com/$b",
            "https://example.com/$",
            "https://example.com/${a",
        ] {
            assert!(filled(text, "x").is_err(), "{text}");
        }
    }
}
