//! Whose scripts may follow links and read the answers.

/// An origin as browsers write it in the header `Origin`, or all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowedOrigin {
    /// `*`
    Any,
    /// `https://app.example.com`
    Exact(String),
}

impl AllowedOrigin {
    /// Reads `*` or an origin. Another spelling of an origin would never equal what a browser sends, so it is refused.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if text == "*" {
            return Ok(Self::Any);
        }
        // A host with a wildcard is a host to the URL parser.
        let is_origin = !text.contains('*')
            && url::Url::parse(text).is_ok_and(|url| {
                matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == text
            });
        match is_origin {
            true => Ok(Self::Exact(text.to_owned())),
            false => Err(
                "must be * or an origin as browsers send it, such as https://app.example.com: in lower case, \
                 without a path, a final slash and a default port",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_taken_as_browsers_send_them() {
        assert_eq!(AllowedOrigin::parse("*"), Ok(AllowedOrigin::Any));
        for text in [
            "https://app.example.com",
            "https://app.example.com:8443",
            "http://localhost:5173",
            "https://xn--mller-kva.example",
            "https://[2001:db8::1]",
        ] {
            assert_eq!(
                AllowedOrigin::parse(text),
                Ok(AllowedOrigin::Exact(text.to_owned()))
            );
        }
    }

    #[test]
    fn what_no_browser_sends_is_refused() {
        for text in [
            "null",
            "app.example.com",
            "https://app.example.com/",
            "https://app.example.com/path",
            "https://app.example.com:443",
            "http://app.example.com:80",
            "https://App.example.com",
            "HTTPS://app.example.com",
            "https://müller.example",
            "https://user@app.example.com",
            "https://app.example.com?x",
            "https://app.example.com#x",
            "https://*.example.com",
            "https://a.example,https://b.example",
            "https://a.example https://b.example",
            " https://app.example.com",
            "ftp://app.example.com",
            "file:///tmp",
            "**",
        ] {
            assert!(AllowedOrigin::parse(text).is_err(), "{text}");
        }
    }
}
