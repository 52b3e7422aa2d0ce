//! German.

use super::Texts;

pub const DE: Texts = Texts {
    // --- an answer was recorded ---
    done_title: "Vielen Dank",
    done_text: "Ihre Antwort wurde erfasst. Sie können diese Seite schließen.",
    kept_title: "Weiterhin offen",
    kept_text: "Die Anfrage bleibt offen. Sie können diese Seite schließen.",
    unconfirmed_title: "Gesendet",
    unconfirmed_text: "Ihre Antwort wurde gesendet, und die Anfrage ist jetzt geschlossen. \
                       Wir konnten nicht bestätigen, ob sie durch Ihre Antwort geschlossen wurde.",
    unconfirmed_kept_text: "Die Anfrage ist inzwischen geschlossen und muss nicht länger offen gehalten werden.",

    // --- a page that asks ---
    ask_title: "Bitte bestätigen",
    ask_text: "Es wurde noch nichts gesendet. Ihre Antwort zählt erst, wenn Sie auf die Schaltfläche drücken.",
    decide_title: "Bitte entscheiden",
    decide_text: "Es wurde noch nichts gesendet. Ihre Antwort zählt erst, wenn Sie auf eine der \
                  Schaltflächen drücken.",
    confirm_label: "Bestätigen: {}",
    tick: "Ich habe dies gelesen und bin mir sicher.",
    needed_for: "erforderlich für: {}",
    only_for: "optional, nur für: {}",
    optional: "optional",
    choose: "Bitte auswählen",
    hint_range: "Von {} bis {}.",
    hint_minimum: "Mindestens {}.",
    hint_maximum: "Höchstens {}.",
    hint_more: "Mehr als {}.",
    hint_less: "Weniger als {}.",
    hint_multiple: "Ein Vielfaches von {}.",
    hint_length: "Höchstens {} Zeichen.",
    hint_utc: "Die Zeit ist in UTC.",
    hint_example: "Zum Beispiel: {}",

    // --- why the page is shown again ---
    again_title: "Bitte prüfen Sie Ihre Angaben",
    again_unsent: "Es wurde noch nichts gesendet.",
    again_fast: "Das ging schneller, als man lesen kann, und zählt deshalb nicht. Bitte drücken Sie noch \
                 einmal auf die Schaltfläche.",
    again_old: "Diese Seite war länger als einen Tag geöffnet. Bitte drücken Sie noch einmal auf die Schaltfläche.",
    again_page: "Die Antwort kam nicht von dieser Seite und zählt deshalb nicht. Bitte drücken Sie auf die \
                 Schaltfläche.",
    again_unreadable: "Was gesendet wurde, ließ sich nicht lesen. Bitte antworten Sie über diese Seite.",

    // --- what is wrong, beside a field ---
    issue_missing: "Bitte füllen Sie dieses Feld aus.",
    issue_unchosen: "Bitte treffen Sie eine Auswahl.",
    issue_too_short: "Bitte geben Sie mindestens {} Zeichen ein.",
    issue_too_long: "Bitte geben Sie höchstens {} Zeichen ein.",
    issue_too_small: "Bitte geben Sie {} oder mehr ein.",
    issue_too_large: "Bitte geben Sie {} oder weniger ein.",
    issue_not_more: "Bitte geben Sie mehr als {} ein.",
    issue_not_less: "Bitte geben Sie weniger als {} ein.",
    issue_multiple: "Bitte geben Sie ein Vielfaches von {} ein.",
    issue_not_this: "Bitte geben Sie genau dies ein: {}",
    issue_pattern: "Bitte prüfen Sie das Format.",
    issue_number: "Bitte geben Sie eine Zahl ein.",
    issue_whole: "Bitte geben Sie eine ganze Zahl ein.",
    issue_two_readings: "Schreiben Sie 12345 oder 12,3450: Ein Trennzeichen vor drei Ziffern lässt sich auf zwei Arten lesen.",
    issue_two_readings_of_whole: "Schreiben Sie 12345: Ein Trennzeichen vor drei Ziffern lässt sich auf zwei Arten lesen.",
    issue_digits: "Bitte geben Sie eine Zahl mit weniger Ziffern ein.",
    issue_date: "Bitte geben Sie ein Datum als Jahr-Monat-Tag ein, zum Beispiel 2026-12-24.",
    issue_date_time: "Bitte geben Sie Datum und Uhrzeit ein, zum Beispiel 2026-12-24 18:00.",
    issue_time: "Bitte geben Sie eine Uhrzeit ein, zum Beispiel 18:00.",
    issue_email: "Bitte geben Sie eine E-Mail-Adresse ein.",
    issue_uri: "Bitte geben Sie eine vollständige Webadresse ein, zum Beispiel https://example.com.",
    issue_choice: "Bitte wählen Sie eine der angebotenen Möglichkeiten.",
    issue_too_few: "Bitte wählen Sie mindestens {} aus.",
    issue_too_many: "Bitte wählen Sie höchstens {} aus.",
    issue_tick: "Bitte setzen Sie hier ein Häkchen.",
    issue_untick: "Bitte entfernen Sie hier das Häkchen.",
    issue_twice: "Diese Angabe wurde zweimal gesendet.",
    issue_unreadable: "Diese Angabe ließ sich nicht lesen. Bitte geben Sie sie noch einmal ein.",
    issue_unknown: "Es wurde etwas gesendet, wonach diese Seite nicht fragt.",
    issue_no_outcome: "Bitte drücken Sie auf eine der Schaltflächen.",
    issue_too_much: "Das war mehr, als gesendet werden kann.",
    issue_unfit: "Diese Angaben passen nicht zusammen.",

    // --- nothing could be done with the link ---
    expired_title: "Dieser Link ist abgelaufen",
    expired_text: "Er konnte bis {} verwendet werden. Es wurde nichts gesendet.",
    closed_title: "Bereits beantwortet oder geschlossen",
    closed_text: "Diese Anfrage wurde bereits beantwortet, oder die Zeit dafür ist abgelaufen. Es hat sich dadurch \
                  nichts geändert.",
    damaged_title: "Dieser Link ist unvollständig oder beschädigt",
    damaged_text: "Kopieren Sie die ganze Adresse aus der Nachricht und öffnen Sie sie noch einmal; Ihr \
                   E-Mail-Programm hat sie möglicherweise abgeschnitten. Es wurde nichts gesendet.",
    off_title: "Nicht verfügbar",
    off_text: "Links dieser Art sind zurzeit abgeschaltet. Es wurde nichts gesendet.",
    gone_title: "Dieser Link lässt sich nicht mehr öffnen",
    gone_text: "Der Schlüssel zu diesem Link wurde gelöscht. Es wurde nichts gesendet.",
    later_title: "Bitte versuchen Sie es später noch einmal",
    later_text: "Der Dienst kann im Moment nicht antworten. Es wurde nichts gesendet, und Sie können den \
                 Link unbesorgt noch einmal öffnen.",
    unsure_title: "Nicht bestätigt",
    unsure_text: "Ihre Antwort wurde gesendet, konnte aber nicht bestätigt werden. Sie können den Link \
                  unbesorgt noch einmal öffnen: Eine Antwort zählt nur einmal.",
    answer_lost_text: "Ihre Antwort wurde gesendet, aber wir konnten nicht bestätigen, ob sie angekommen ist. Öffnen Sie den Link nicht noch \
                       einmal: Eine zweite Antwort könnte für den nächsten Schritt zählen. Bitten Sie den Absender zu prüfen, ob sie \
                       angekommen ist.",
    program_title: "Ein Link für Programme",
    program_text: "Dieser Link nimmt Daten von einem Programm entgegen. In einem Browser lässt er sich \
                   nicht verwenden. Es wurde nichts gesendet.",
    wrong_title: "Das hat nicht geklappt",
    wrong_text: "Der Link wurde anders verwendet als vorgesehen. Es wurde nichts gesendet.",
    fault_title: "Etwas ist schiefgegangen",
    fault_text: "Der Fehler liegt nicht bei Ihnen. Bitte geben Sie der Person oder Stelle Bescheid, die \
                 Ihnen diesen Link geschickt hat.",
    ask_sender: "Bitte fragen Sie die Person oder Stelle, die Ihnen diesen Link geschickt hat, nach einem \
                 neuen Link.",

    // --- terms in front of a value ---
    term_answer: "Ihre Antwort",
    term_until: "Antwort bis",
    term_reference: "Referenz",
    term_code: "Code",
    term_details: "Details",
};
