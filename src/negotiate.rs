//! Which of our three formats a caller likes best (RFC 9110, section 12.5.1).

/// A format of answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// `application/json`; also for callers that say nothing understandable.
    Json,
    /// `text/html`
    Html,
    /// `text/plain`
    Text,
}

/// In the order that decides between formats that a caller likes equally.
const FORMATS: [Format; 3] = [Format::Json, Format::Html, Format::Text];

impl Format {
    /// The best format for an `Accept` header (several are joined with commas).
    ///
    /// Of equal weights the type named first wins. An absent, unreadable or unacceptable header gives JSON.
    pub fn of(accept: &str) -> Self {
        let ranges: Vec<Range<'_>> = accept.split(',').filter_map(Range::parse).collect();
        let mut best: Option<(u16, usize, Format)> = None;
        for format in FORMATS {
            // The most specific range that covers the format decides over its weight.
            let covering = ranges
                .iter()
                .enumerate()
                .filter(|(_, range)| range.covers(format));
            let Some((position, range)) =
                covering.max_by_key(|(position, range)| (range.specificity(), usize::MAX - position))
            else {
                continue;
            };
            let better = best.is_none_or(|(weight, first, _)| {
                range.weight > weight || (range.weight == weight && position < first)
            });
            if range.weight > 0 && better {
                best = Some((range.weight, position, format));
            }
        }
        best.map_or(Format::Json, |(_, _, format)| format)
    }

    const fn essence(self) -> (&'static str, &'static str) {
        match self {
            Format::Json => ("application", "json"),
            Format::Html => ("text", "html"),
            Format::Text => ("text", "plain"),
        }
    }

    /// The `Content-Type` of an answer.
    pub const fn content_type(self) -> &'static str {
        match self {
            Format::Json => "application/json",
            Format::Html => "text/html; charset=utf-8",
            Format::Text => "text/plain; charset=utf-8",
        }
    }
}

/// One element of an `Accept` header.
struct Range<'a> {
    kind: &'a str,
    subtype: &'a str,
    has_charset: bool,
    /// Thousandths.
    weight: u16,
}

impl<'a> Range<'a> {
    /// `None` for what cannot be read, and for parameters that none of our formats has.
    fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let (kind, subtype) = parts.next()?.split_once('/')?;
        if kind.is_empty() || subtype.is_empty() || (kind == "*" && subtype != "*") {
            return None;
        }
        let mut range = Self {
            kind,
            subtype,
            has_charset: false,
            weight: 1_000,
        };
        for part in parts.filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=')?;
            match name.trim().to_ascii_lowercase().as_str() {
                "q" => {
                    range.weight = weight(value.trim())?;
                    break; // what follows the weight says nothing about the type
                }
                "charset" if value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8") => {
                    range.has_charset = true
                }
                _ => return None,
            }
        }
        Some(range)
    }

    fn covers(&self, format: Format) -> bool {
        let (kind, subtype) = format.essence();
        let same = |range: &str, ours: &str| range == "*" || range.eq_ignore_ascii_case(ours);
        same(self.kind, kind) && same(self.subtype, subtype)
    }

    fn specificity(&self) -> u8 {
        match (self.kind, self.subtype, self.has_charset) {
            ("*", _, _) => 0,
            (_, "*", _) => 1,
            (_, _, false) => 2,
            (_, _, true) => 3,
        }
    }
}

/// The elements of a header such as `Accept-Language` with their weights in thousandths; unreadable ones are left out.
pub fn weighted(header: &str) -> impl Iterator<Item = (&str, u16)> {
    header.split(',').filter_map(|element| {
        let mut parts = element.split(';').map(str::trim);
        let value = parts.next().filter(|value| !value.is_empty())?;
        let mut weight = 1_000;
        for part in parts.filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=')?;
            if !name.trim().eq_ignore_ascii_case("q") {
                return None;
            }
            weight = self::weight(value.trim())?;
        }
        Some((value, weight))
    })
}

/// Whether an `Accept` header names JSON itself, and not only a type that covers it.
pub fn asks_for_json(accept: &str) -> bool {
    let ranges = accept.split(',').filter_map(Range::parse);
    let mut named = ranges.filter(|range| range.covers(Format::Json) && range.specificity() >= 2);
    named.any(|range| range.weight > 0)
}

/// A qvalue: 0 to 1 with at most three decimals.
fn weight(text: &str) -> Option<u16> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let digits = decimals.len() <= 3 && decimals.bytes().all(|byte| byte.is_ascii_digit());
    let thousandths: u16 = match decimals {
        "" => 0,
        decimals => format!("{decimals:0<3}").parse().ok()?,
    };
    match whole {
        "0" if digits => Some(thousandths),
        "1" if digits && thousandths == 0 => Some(1_000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_format_is_taken() {
        for (accept, expected) in [
            ("application/json", Format::Json),
            ("text/html", Format::Html),
            ("TEXT/PLAIN", Format::Text),
            (
                "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
                Format::Html,
            ),
            ("text/html;q=0.5, application/json;q=0.6", Format::Json),
            ("text/html;q=0.5, text/plain;q=0.6, */*;q=0.1", Format::Text),
            ("text/plain, text/html", Format::Text),
            ("text/html, text/plain", Format::Html),
            ("*/*", Format::Json),
            ("text/*", Format::Html),
            ("application/*, text/html", Format::Json),
            ("text/html, application/*", Format::Html),
            ("*/*, text/html;q=0.5", Format::Json),
            ("*/*;q=0.5, text/html", Format::Html),
            ("application/json;q=0, */*", Format::Html),
            ("text/html;q=0, text/*", Format::Text),
            ("text/html;charset=utf-8", Format::Html),
            ("text/html;charset=\"UTF-8\";q=0.9", Format::Html),
            ("text/html;q=1.000", Format::Html),
            ("text/html ; q=0.9 , text/plain ; q=0.8", Format::Html),
            ("nonsense, text/html", Format::Html),
        ] {
            assert_eq!(Format::of(accept), expected, "{accept}");
        }
    }

    #[test]
    fn everything_else_is_json() {
        for accept in [
            "",
            " ",
            ",",
            "nonsense",
            "image/png",
            "text/html;q=0",
            "*/*;q=0",
            "text/html;q=2",
            "text/html;q=0.1234",
            "text/html;q=x",
            "text/html;level=1",
            "text/html;charset=latin1",
            "*/html",
            "/html",
            "text/",
        ] {
            assert_eq!(Format::of(accept), Format::Json, "{accept}");
        }
    }

    #[test]
    fn only_the_name_of_json_asks_for_it() {
        for accept in [
            "application/json",
            "APPLICATION/JSON;q=0.1",
            "text/html, application/json;charset=utf-8",
        ] {
            assert!(asks_for_json(accept), "{accept}");
        }
        for accept in [
            "",
            "*/*",
            "application/*",
            "text/html",
            "application/json;q=0",
            "json",
            "application/jsonx",
        ] {
            assert!(!asks_for_json(accept), "{accept}");
        }
    }
}
