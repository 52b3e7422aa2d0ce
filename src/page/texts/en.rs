//! English, and what each text is for. Translations have the same fields; `{}` stands for a value in each of them.

use super::Texts;

pub const EN: Texts = Texts {
    // --- an answer was recorded ---
    done_title: "Thank you",
    done_text: "Your answer was recorded. You can close this page.",
    // Somebody asked that a request stay open (they did not answer it).
    kept_title: "Still open",
    kept_text: "The request stays open. You can close this page.",
    // The answer went out, the request is closed now, but no confirmation came back: by whom it was closed is not known.
    unconfirmed_title: "Sent",
    unconfirmed_text: "Your answer was sent, and the request is closed now. \
                       We could not confirm whether it was closed by your answer.",
    unconfirmed_kept_text: "The request is closed by now, so it need not be kept open any longer.",

    // --- a page that asks ---
    ask_title: "Please confirm",
    ask_text: "Nothing has been sent yet. Your answer counts when you press the button.",
    // Several buttons.
    decide_title: "Please decide",
    decide_text: "Nothing has been sent yet. Your answer counts when you press one of the buttons.",
    // The button, where the sender gave it no text of its own; {} is the name of the action, such as approve.
    confirm_label: "Confirm: {}",
    // A box that must be ticked.
    tick: "I have read this, and I am sure.",
    // Beside a field; {} lists buttons.
    needed_for: "needed for: {}",
    only_for: "optional, only for: {}",
    optional: "optional",
    // The empty entry at the top of a list.
    choose: "Please choose",
    // Below a field.
    hint_range: "From {} to {}.",
    hint_minimum: "At least {}.",
    hint_maximum: "At most {}.",
    hint_more: "More than {}.",
    hint_less: "Less than {}.",
    hint_multiple: "A multiple of {}.",
    hint_length: "Up to {} characters.",
    hint_utc: "The time is in UTC.",
    hint_example: "For example: {}",

    // --- why the page is shown again ---
    again_title: "Please check your entries",
    again_unsent: "Nothing was sent yet.",
    again_fast: "That was faster than anybody can read, so it did not count. Please press the button again.",
    again_old: "This page was open for more than a day. Please press the button again.",
    again_page: "The answer did not come from this page, so it did not count. Please press the button.",
    again_unreadable: "What was sent could not be read. Please use this page.",

    // --- what is wrong, beside a field ---
    issue_missing: "Please fill this in.",
    issue_unchosen: "Please choose.",
    issue_too_short: "Please enter at least {} characters.",
    issue_too_long: "Up to {} characters.",
    issue_too_small: "Please enter {} or more.",
    issue_too_large: "Please enter {} or less.",
    issue_not_more: "Please enter more than {}.",
    issue_not_less: "Please enter less than {}.",
    issue_multiple: "Please enter a multiple of {}.",
    issue_not_this: "Please enter exactly this: {}",
    issue_pattern: "Please check the format.",
    issue_number: "Please enter a number.",
    issue_whole: "Please enter a whole number.",
    issue_two_readings: "Write 12345 or 12.3450: a separator before three digits can be read in two ways.",
    issue_two_readings_of_whole: "Write 12345: a separator before three digits can be read in two ways.",
    issue_digits: "Please enter a number with fewer digits.",
    issue_date: "Please enter a date as year-month-day, for example 2026-12-24.",
    issue_date_time: "Please enter a date and a time, for example 2026-12-24 18:00.",
    issue_time: "Please enter a time, for example 18:00.",
    issue_email: "Please enter an e-mail address.",
    issue_uri: "Please enter a full web address, for example https://example.com.",
    issue_choice: "Please choose one of the options.",
    issue_too_few: "Please choose at least {}.",
    issue_too_many: "Please choose at most {}.",
    issue_tick: "Please tick this box.",
    issue_untick: "Please clear this box.",
    issue_twice: "This was sent twice.",
    issue_unreadable: "This could not be read. Please enter it again.",
    issue_unknown: "Something was sent that this page does not ask for.",
    issue_no_outcome: "Please press one of the buttons.",
    issue_too_much: "That was more than can be sent.",
    issue_unfit: "These entries do not fit together.",

    // --- nothing could be done with the link ---
    expired_title: "This link has expired",
    // {} is a date and a time.
    expired_text: "It could be used until {}. Nothing was sent.",
    closed_title: "Already answered or closed",
    closed_text: "Someone has already answered, or the time for this request is over. Nothing changed just now.",
    damaged_title: "This link is incomplete or damaged",
    damaged_text: "Copy the whole address from the message and open it again; your mail or chat program may have cut it. \
                   Nothing was sent.",
    off_title: "Not available",
    off_text: "Links of this kind are switched off at the moment. Nothing was sent.",
    gone_title: "This link can no longer be opened",
    gone_text: "The key that it was sealed with was deleted. Nothing was sent.",
    later_title: "Please try again later",
    later_text: "The service cannot answer right now. Nothing was sent, and it is safe to open the link again.",
    unsure_title: "Not confirmed",
    unsure_text: "Your answer was sent, but could not be confirmed. It is safe to open the link again: \
                  an answer counts only once.",
    answer_lost_text: "Your answer was sent, but we could not confirm whether it arrived. Do not open the link again: a second answer \
                       may count for the next step. Ask whoever sent you this link to check whether it arrived.",
    program_title: "A link for programs",
    program_text: "This link takes data from a program. It cannot be used in a browser. Nothing was sent.",
    wrong_title: "This did not work",
    wrong_text: "The link was not used in the way it was made for. Nothing was sent.",
    fault_title: "Something went wrong",
    fault_text: "The fault is not yours. Please tell whoever sent you this link.",
    // Below some of these.
    ask_sender: "Please ask whoever sent you this link for a new link.",

    // --- terms in front of a value ---
    term_answer: "Your answer",
    term_until: "Answer until",
    term_reference: "Reference",
    term_code: "Code",
    term_details: "Details",
};
