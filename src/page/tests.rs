use super::*;
use crate::rejection::Damage;

fn look(language: Language) -> Look<'static> {
    static BRAND: Brand = Brand {
        name: None,
        color: None,
    };
    Look::new(language, &BRAND)
}

/// The texts of a language with their names, read from its own source.
fn source(language: Language) -> Vec<(&'static str, String)> {
    let source = match language {
        Language::English => include_str!("texts/en.rs"),
        Language::German => include_str!("texts/de.rs"),
        Language::Spanish => include_str!("texts/es.rs"),
        Language::French => include_str!("texts/fr.rs"),
        Language::Japanese => include_str!("texts/ja.rs"),
        Language::Korean => include_str!("texts/ko.rs"),
        Language::Portuguese => include_str!("texts/pt_br.rs"),
        Language::SimplifiedChinese => include_str!("texts/zh_hans.rs"),
        Language::TraditionalChinese => include_str!("texts/zh_hant.rs"),
    };
    let (_, fields) = source.split_once("Texts {").unwrap();
    let mut found = Vec::new();
    for line in fields.lines().map(str::trim) {
        if let Some((name, rest)) = line
            .split_once(':')
            .filter(|(name, rest)| is_field(name) && (rest.is_empty() || rest.starts_with(" \"")))
        {
            found.push((name, rest.to_owned()));
        } else if let Some((_, value)) = found.last_mut().filter(|_| !line.starts_with("//")) {
            value.push_str(line);
        }
    }
    found
}

fn is_field(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

/// That none is missing the compiler says; that none was forgotten in English, nobody else does.
#[test]
fn every_translation_has_the_same_values_and_words_of_its_own() {
    let english = source(Language::English);
    assert_eq!(english.len(), 91);
    for language in Language::ALL {
        let texts = source(language);
        assert_eq!(texts.len(), english.len(), "{language:?}");
        for ((name, text), (english_name, original)) in texts.iter().zip(&english) {
            assert_eq!(name, english_name, "{language:?}");
            assert_eq!(
                text.matches("{}").count(),
                original.matches("{}").count(),
                "{language:?}: {name}"
            );
            assert!(text.len() > 4, "{language:?}: {name}");
            // French and English have a few words in common.
            let common = ["optional", "term_code", "term_details"].contains(name);
            assert!(
                language == Language::English || common || text != original,
                "{language:?}: {name}"
            );
        }
    }
}

#[test]
fn values_are_filled_in_their_order() {
    assert_eq!(filled("From {} to {}.", &["1", "2"]), "From 1 to 2.");
    assert_eq!(filled("{}", &["{}"]), "{}");
    assert_eq!(filled("none", &["1"]), "none");
}

#[test]
fn refusals_show_the_code_and_escape_the_text() {
    let rejection = Rejection::OutputFormatting(crate::rejection::Fault::at("", "x"));
    let page = refused(
        &look(Language::English),
        &rejection,
        "<img src=x onerror=alert(1)>",
        None,
    )
    .html;
    assert!(
        page.contains("OutputFormatting") && page.contains("&#60;img"),
        "{page}"
    );
    assert!(!page.contains("<img"), "{page}");
}

#[test]
fn every_unopened_link_has_one_page() {
    let page = |damage| {
        refused(
            &look(Language::German),
            &Rejection::InvalidPayload(damage),
            "detail",
            None,
        )
        .html
    };
    let first = page(Damage::Missing);
    for damage in [
        Damage::Truncated,
        Damage::Commitment,
        Damage::KeyRefused("x".to_owned()),
        Damage::LegacyOff,
    ] {
        assert_eq!(page(damage), first);
    }
    assert!(!first.contains("detail"));
}

#[test]
fn the_english_detail_is_marked_as_english() {
    let rejection = Rejection::ActionMismatched;
    assert!(
        refused(&look(Language::Korean), &rejection, "text", None)
            .html
            .contains("<dd lang=\"en\"")
    );
    assert!(
        !refused(&look(Language::English), &rejection, "text", None)
            .html
            .contains("<dd lang=\"en\"")
    );
}

#[test]
fn an_expired_link_says_when() {
    let rejection = Rejection::ExpiredPayload { at: 1_798_131_600 };
    let page = refused(&look(Language::English), &rejection, "", None).html;
    assert!(page.contains("until 2026-12-24 17:00 UTC"), "{page}");
}

#[test]
fn the_owners_colour_is_in_the_style_that_the_policy_allows() {
    let brand = Brand {
        name: Some("Example".to_owned()),
        color: Some(crate::brand::Color::parse("#ffee00").unwrap()),
    };
    let own = refused(
        &Look::new(Language::English, &brand),
        &Rejection::ActionMismatched,
        "",
        None,
    );
    assert!(
        own.html.contains("--brand:#ffee00;--on-brand:#000"),
        "{}",
        own.html
    );
    let plain = refused(&look(Language::English), &Rejection::ActionMismatched, "", None);
    assert_ne!(own.policy, plain.policy);
}
