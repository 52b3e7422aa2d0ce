//! The languages of the pages, and which of them a visitor likes best (RFC 9110, section 12.5.4).

use crate::negotiate::weighted;

/// A language that the pages speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// English; also for visitors who say nothing understandable.
    #[default]
    English,
    /// German.
    German,
    /// Spanish.
    Spanish,
    /// French.
    French,
    /// Japanese.
    Japanese,
    /// Korean.
    Korean,
    /// Portuguese as in Brazil.
    Portuguese,
    /// Chinese in simplified characters.
    SimplifiedChinese,
    /// Chinese in traditional characters.
    TraditionalChinese,
}

impl Language {
    /// All of them.
    pub const ALL: [Language; 9] = [
        Language::English,
        Language::German,
        Language::Spanish,
        Language::French,
        Language::Japanese,
        Language::Korean,
        Language::Portuguese,
        Language::SimplifiedChinese,
        Language::TraditionalChinese,
    ];

    /// The tag of BCP 47, as `lang` has it.
    pub const fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::German => "de",
            Language::Spanish => "es",
            Language::French => "fr",
            Language::Japanese => "ja",
            Language::Korean => "ko",
            Language::Portuguese => "pt-BR",
            Language::SimplifiedChinese => "zh-Hans",
            Language::TraditionalChinese => "zh-Hant",
        }
    }

    /// The language that a tag means: by its first part, for Chinese by script or region.
    pub fn of_tag(tag: &str) -> Option<Self> {
        let mut parts = tag.split(['-', '_']);
        let language = parts.next()?.to_ascii_lowercase();
        let is_part = |part: &str| part.len() <= 8 && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !tag
            .split(['-', '_'])
            .all(|part| !part.is_empty() && is_part(part))
        {
            return None;
        }
        match language.as_str() {
            "en" => Some(Language::English),
            "de" => Some(Language::German),
            "es" => Some(Language::Spanish),
            "fr" => Some(Language::French),
            "ja" => Some(Language::Japanese),
            "ko" => Some(Language::Korean),
            "pt" => Some(Language::Portuguese),
            "zh" => Some(chinese(parts)),
            _ => None,
        }
    }

    /// The best language for an `Accept-Language` header (several are joined with commas).
    ///
    /// Of equal weights the one named first wins. An absent or unreadable header, or one without a language of ours,
    /// gives English.
    pub fn of_header(header: &str) -> Self {
        let mut best: Option<(u16, Language)> = None;
        for (tag, weight) in weighted(header) {
            let language = match tag {
                "*" => Some(Language::English),
                tag => Language::of_tag(tag),
            };
            let better = best.is_none_or(|(best, _)| weight > best);
            if let Some(language) = language.filter(|_| weight > 0 && better) {
                best = Some((weight, language));
            }
        }
        best.map_or_else(Language::default, |(_, language)| language)
    }
}

/// A script decides; else the region; else simplified characters.
fn chinese<'a>(parts: impl Iterator<Item = &'a str>) -> Language {
    for part in parts {
        match part.to_ascii_lowercase().as_str() {
            "hant" | "tw" | "hk" | "mo" => return Language::TraditionalChinese,
            "hans" | "cn" | "sg" | "my" => return Language::SimplifiedChinese,
            _ => {}
        }
    }
    Language::SimplifiedChinese
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_mean_languages() {
        for language in Language::ALL {
            assert_eq!(Language::of_tag(language.tag()), Some(language));
        }
        for (tag, language) in [
            ("de-AT", Language::German),
            ("EN_us", Language::English),
            ("pt", Language::Portuguese),
            ("pt-PT", Language::Portuguese),
            ("zh", Language::SimplifiedChinese),
            ("zh-TW", Language::TraditionalChinese),
            ("zh-hk", Language::TraditionalChinese),
            ("zh-Hans-HK", Language::SimplifiedChinese),
            ("zh-Hant-CN", Language::TraditionalChinese),
            ("zh-SG", Language::SimplifiedChinese),
        ] {
            assert_eq!(Language::of_tag(tag), Some(language), "{tag}");
        }
        for tag in [
            "",
            "*",
            "it",
            "deu",
            "de-",
            "-de",
            "de--AT",
            "de AT",
            "d\u{e9}",
            "english",
            "de-abcdefghi",
        ] {
            assert_eq!(Language::of_tag(tag), None, "{tag}");
        }
    }

    #[test]
    fn the_heaviest_language_of_ours_wins() {
        for (header, language) in [
            ("", Language::English),
            ("de", Language::German),
            ("de-CH, fr;q=0.9", Language::German),
            ("it, de;q=0.5, fr;q=0.9", Language::French),
            ("fr;q=0.5, de;q=0.5", Language::French),
            ("de;q=0, fr;q=0.1", Language::French),
            ("*", Language::English),
            ("it, *;q=0.5", Language::English),
            ("ja;q=0.8, *;q=0.5", Language::Japanese),
            ("zh-TW,zh;q=0.9,en;q=0.8", Language::TraditionalChinese),
            ("de;q=2, fr;q=0.5", Language::French),
            ("de;q=x", Language::English),
            (",,;;=,", Language::English),
            ("<script>", Language::English),
        ] {
            assert_eq!(Language::of_header(header), language, "{header}");
        }
    }
}
