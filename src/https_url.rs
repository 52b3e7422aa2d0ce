//! Addresses outside of AWS that this service may send something to, before anybody asks who they are.

use std::fmt;
use url::{Host, Url};

/// Longest address that is looked at, in characters.
const MAX_CHARS: usize = 4_096;

/// An `https` URL of a named host, on the standard port, without user info and fragment.
///
/// Such an address is often a secret (the address of a chat's webhook, a presigned URL), so `Debug` shows the host only.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpsUrl(Url);

impl HttpsUrl {
    /// Reads an address.
    ///
    /// # Errors
    /// What is wrong with it; never a part of it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if text.chars().nth(MAX_CHARS).is_some() {
            return Err("must have at most 4,096 characters");
        }
        // A URL parser drops these and goes on; nobody means them.
        if text
            .chars()
            .any(|c| c.is_control() || c.is_whitespace() || c == '\\')
        {
            return Err("must not hold white space, control characters or backslashes");
        }
        let url = Url::parse(text).map_err(|_| "must be a URL")?;
        if url.scheme() != "https" {
            return Err("must begin with https://");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("must not hold a user name or password");
        }
        if url.port().is_some() {
            return Err("must not name a port other than 443");
        }
        if url.fragment().is_some() {
            return Err("must not hold a fragment (#)");
        }
        match url.host() {
            Some(host @ Host::Domain(name)) if is_plain(&host) && is_full_name(name) => Ok(Self(url)),
            Some(Host::Ipv4(_) | Host::Ipv6(_)) => Err("must name its host, not its IP address"),
            Some(Host::Domain(_)) | None => Err("must name a host by its full name"),
        }
    }

    /// The host, in lower case and as ASCII.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// Path, with its percent-encodings as they were written.
    pub fn path(&self) -> &str {
        self.0.path()
    }

    /// Query, without its question mark.
    pub fn query(&self) -> Option<&str> {
        self.0.query()
    }

    /// The whole address.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// Whether whoever reads URLs can read one of this host. The URL standard lets more characters be in a name than RFC 3986 and
/// HTTP do (`{`), and no name of the DNS that links are sent to has them.
pub fn is_plain(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_')),
        Host::Ipv4(_) | Host::Ipv6(_) => true,
    }
}

/// Whether a name has a dot inside, so that no search list of a resolver applies, and no empty part.
fn is_full_name(name: &str) -> bool {
    name.contains('.') && name.split('.').all(|part| !part.is_empty())
}

impl fmt::Debug for HttpsUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HttpsUrl(https://{}/[redacted])", self.host())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_named_hosts_are_read() {
        let url = HttpsUrl::parse("https://Hooks.Example.com:443/services/T0?x=%2F").unwrap();
        assert_eq!(
            (url.host(), url.path(), url.query()),
            ("hooks.example.com", "/services/T0", Some("x=%2F"))
        );
        assert_eq!(url.as_str(), "https://hooks.example.com/services/T0?x=%2F");
    }

    #[test]
    fn everything_else_is_refused() {
        for (text, what) in [
            ("", "must be a URL"),
            ("hooks.example.com/x", "must be a URL"),
            ("http://example.com/", "must begin with https://"),
            ("ftp://example.com/", "must begin with https://"),
            (
                "https://user@example.com/",
                "must not hold a user name or password",
            ),
            (
                "https://:pass@example.com/",
                "must not hold a user name or password",
            ),
            ("https://example.com:8443/", "must not name a port other than 443"),
            ("https://example.com/#x", "must not hold a fragment (#)"),
            ("https://example.com/#", "must not hold a fragment (#)"),
            ("https://127.0.0.1/", "must name its host, not its IP address"),
            ("https://2130706433/", "must name its host, not its IP address"),
            ("https://0x7f.1/", "must name its host, not its IP address"),
            ("https://[::1]/", "must name its host, not its IP address"),
            ("https://localhost/", "must name a host by its full name"),
            ("https://example.com./", "must name a host by its full name"),
            ("https://example.com{}/", "must name a host by its full name"),
            ("https://a`b.example.com/", "must name a host by its full name"),
            (
                "https://example.com/\n",
                "must not hold white space, control characters or backslashes",
            ),
            (
                "https:\\\\example.com/",
                "must not hold white space, control characters or backslashes",
            ),
        ] {
            assert_eq!(HttpsUrl::parse(text), Err(what), "{text}");
        }
        let long = |chars: usize| format!("https://example.com/{}", "x".repeat(chars - 20));
        assert!(HttpsUrl::parse(&long(4_096)).is_ok());
        for chars in [4_097, 1 << 20] {
            assert_eq!(
                HttpsUrl::parse(&long(chars)),
                Err("must have at most 4,096 characters")
            );
        }
    }

    #[test]
    fn debug_shows_the_host_only() {
        let url = HttpsUrl::parse("https://hooks.example.com/services/canary?canary").unwrap();
        assert_eq!(
            format!("{url:?}"),
            "HttpsUrl(https://hooks.example.com/[redacted])"
        );
    }
}
