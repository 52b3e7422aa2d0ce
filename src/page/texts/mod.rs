//! What the pages say, in nine languages. A language that lacks a text does not compile.

mod de;
mod en;
mod es;
mod fr;
mod ja;
mod ko;
mod pt_br;
mod zh_hans;
mod zh_hant;

use crate::language::Language;

/// All texts of the pages. What each is for stands in `en.rs`.
pub struct Texts {
    pub done_title: &'static str,
    pub done_text: &'static str,
    pub kept_title: &'static str,
    pub kept_text: &'static str,
    pub unconfirmed_title: &'static str,
    pub unconfirmed_text: &'static str,
    pub unconfirmed_kept_text: &'static str,
    pub ask_title: &'static str,
    pub ask_text: &'static str,
    pub decide_title: &'static str,
    pub decide_text: &'static str,
    pub confirm_label: &'static str,
    pub tick: &'static str,
    pub needed_for: &'static str,
    pub only_for: &'static str,
    pub optional: &'static str,
    pub choose: &'static str,
    pub hint_range: &'static str,
    pub hint_minimum: &'static str,
    pub hint_maximum: &'static str,
    pub hint_more: &'static str,
    pub hint_less: &'static str,
    pub hint_multiple: &'static str,
    pub hint_length: &'static str,
    pub hint_utc: &'static str,
    pub hint_example: &'static str,
    pub again_title: &'static str,
    pub again_unsent: &'static str,
    pub again_fast: &'static str,
    pub again_old: &'static str,
    pub again_page: &'static str,
    pub again_unreadable: &'static str,
    pub issue_missing: &'static str,
    pub issue_unchosen: &'static str,
    pub issue_too_short: &'static str,
    pub issue_too_long: &'static str,
    pub issue_too_small: &'static str,
    pub issue_too_large: &'static str,
    pub issue_not_more: &'static str,
    pub issue_not_less: &'static str,
    pub issue_multiple: &'static str,
    pub issue_not_this: &'static str,
    pub issue_pattern: &'static str,
    pub issue_number: &'static str,
    pub issue_whole: &'static str,
    pub issue_two_readings: &'static str,
    /// The same, for a whole number.
    pub issue_two_readings_of_whole: &'static str,
    pub issue_digits: &'static str,
    pub issue_date: &'static str,
    pub issue_date_time: &'static str,
    pub issue_time: &'static str,
    pub issue_email: &'static str,
    pub issue_uri: &'static str,
    pub issue_choice: &'static str,
    pub issue_too_few: &'static str,
    pub issue_too_many: &'static str,
    pub issue_tick: &'static str,
    pub issue_untick: &'static str,
    pub issue_twice: &'static str,
    pub issue_unreadable: &'static str,
    pub issue_unknown: &'static str,
    pub issue_no_outcome: &'static str,
    pub issue_too_much: &'static str,
    pub issue_unfit: &'static str,
    pub expired_title: &'static str,
    pub expired_text: &'static str,
    pub closed_title: &'static str,
    pub closed_text: &'static str,
    pub damaged_title: &'static str,
    pub damaged_text: &'static str,
    pub off_title: &'static str,
    pub off_text: &'static str,
    pub gone_title: &'static str,
    pub gone_text: &'static str,
    pub later_title: &'static str,
    pub later_text: &'static str,
    pub unsure_title: &'static str,
    pub unsure_text: &'static str,
    pub answer_lost_text: &'static str,
    pub program_title: &'static str,
    pub program_text: &'static str,
    pub wrong_title: &'static str,
    pub wrong_text: &'static str,
    pub fault_title: &'static str,
    pub fault_text: &'static str,
    pub ask_sender: &'static str,
    pub term_answer: &'static str,
    pub term_until: &'static str,
    pub term_reference: &'static str,
    pub term_code: &'static str,
    pub term_details: &'static str,
}

/// The texts of a language.
pub const fn of(language: Language) -> &'static Texts {
    match language {
        Language::English => &en::EN,
        Language::German => &de::DE,
        Language::Spanish => &es::ES,
        Language::French => &fr::FR,
        Language::Japanese => &ja::JA,
        Language::Korean => &ko::KO,
        Language::Portuguese => &pt_br::PT_BR,
        Language::SimplifiedChinese => &zh_hans::ZH_HANS,
        Language::TraditionalChinese => &zh_hant::ZH_HANT,
    }
}

/// A text with its values, in the order of its `{}`.
pub fn filled(text: &str, values: &[&str]) -> String {
    let mut values = values.iter();
    let mut parts = text.split("{}");
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        filled.push_str(values.next().copied().unwrap_or_default());
        filled.push_str(part);
    }
    filled
}
