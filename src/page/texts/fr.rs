//! French.

use super::Texts;

pub const FR: Texts = Texts {
    // --- an answer was recorded ---
    done_title: "Merci",
    done_text: "Votre réponse a été enregistrée. Vous pouvez fermer cette page.",
    kept_title: "Demande toujours ouverte",
    kept_text: "La demande reste ouverte. Vous pouvez fermer cette page.",
    unconfirmed_title: "C’est envoyé",
    unconfirmed_text: "Votre réponse a été envoyée et la demande est maintenant fermée. \
                       Nous n’avons pas pu confirmer si c’est votre réponse qui l’a fermée.",
    unconfirmed_kept_text: "La demande est désormais fermée\u{a0}: il n’est plus nécessaire de la garder ouverte.",

    // --- a page that asks ---
    ask_title: "Veuillez confirmer",
    ask_text: "Rien n’a encore été envoyé. Votre réponse sera prise en compte lorsque vous appuierez sur le bouton.",
    decide_title: "À vous de décider",
    decide_text: "Rien n’a encore été envoyé. Votre réponse sera prise en compte lorsque vous appuierez sur \
                  l’un des boutons.",
    confirm_label: "Confirmer\u{a0}: {}",
    tick: "J’ai lu ce texte et c’est bien ce que je souhaite.",
    needed_for: "nécessaire pour\u{a0}: {}",
    only_for: "facultatif, uniquement pour\u{a0}: {}",
    optional: "facultatif",
    choose: "Veuillez choisir",
    hint_range: "De {} à {}.",
    hint_minimum: "Minimum\u{a0}: {}.",
    hint_maximum: "Maximum\u{a0}: {}.",
    hint_more: "Plus de {}.",
    hint_less: "Moins de {}.",
    hint_multiple: "Un multiple de {}.",
    hint_length: "{} caractères au plus.",
    hint_utc: "L’heure est en UTC.",
    hint_example: "Par exemple\u{a0}: {}",

    // --- why the page is shown again ---
    again_title: "Veuillez vérifier votre saisie",
    again_unsent: "Rien n’a encore été envoyé.",
    again_fast: "Personne ne peut lire aussi vite\u{a0}: cette réponse n’a donc pas été prise en compte. \
                 Veuillez appuyer de nouveau sur le bouton.",
    again_old: "Cette page est restée ouverte plus d’un jour. Veuillez appuyer de nouveau sur le bouton.",
    again_page: "La réponse ne venait pas de cette page\u{a0}: elle n’a donc pas été prise en compte. \
                 Veuillez appuyer sur le bouton.",
    again_unreadable: "Ce qui a été envoyé n’a pas pu être lu. Veuillez répondre depuis cette page.",

    // --- what is wrong, beside a field ---
    issue_missing: "Veuillez remplir ce champ.",
    issue_unchosen: "Veuillez faire un choix.",
    issue_too_short: "Veuillez saisir au moins {} caractères.",
    issue_too_long: "{} caractères au plus.",
    issue_too_small: "Veuillez saisir {} ou plus.",
    issue_too_large: "Veuillez saisir {} ou moins.",
    issue_not_more: "Veuillez saisir plus de {}.",
    issue_not_less: "Veuillez saisir moins de {}.",
    issue_multiple: "Veuillez saisir un multiple de {}.",
    issue_not_this: "Veuillez saisir exactement ceci\u{a0}: {}",
    issue_pattern: "Veuillez vérifier le format.",
    issue_number: "Veuillez saisir un nombre.",
    issue_whole: "Veuillez saisir un nombre entier.",
    issue_two_readings: "Écrivez 12345 ou 12,3450\u{a0}: un séparateur devant trois chiffres peut se lire de deux façons.",
    issue_two_readings_of_whole: "Écrivez 12345\u{a0}: un séparateur devant trois chiffres peut se lire de deux façons.",
    issue_digits: "Veuillez saisir un nombre avec moins de chiffres.",
    issue_date: "Veuillez saisir une date sous la forme année-mois-jour, par exemple 2026-12-24.",
    issue_date_time: "Veuillez saisir une date et une heure, par exemple 2026-12-24 18:00.",
    issue_time: "Veuillez saisir une heure, par exemple 18:00.",
    issue_email: "Veuillez saisir une adresse e-mail.",
    issue_uri: "Veuillez saisir une adresse web complète, par exemple https://example.com.",
    issue_choice: "Veuillez choisir parmi les options proposées.",
    issue_too_few: "Veuillez en choisir au moins {}.",
    issue_too_many: "Veuillez en choisir au plus {}.",
    issue_tick: "Veuillez cocher cette case.",
    issue_untick: "Veuillez décocher cette case.",
    issue_twice: "Cette information a été envoyée deux fois.",
    issue_unreadable: "Cette information n’a pas pu être lue. Veuillez la saisir de nouveau.",
    issue_unknown: "Une information que cette page ne demande pas a été envoyée.",
    issue_no_outcome: "Veuillez appuyer sur l’un des boutons.",
    issue_too_much: "C’est plus que ce qui peut être envoyé.",
    issue_unfit: "Ces informations ne concordent pas entre elles.",

    // --- nothing could be done with the link ---
    expired_title: "Ce lien a expiré",
    expired_text: "Il pouvait être utilisé jusqu’au {}. Rien n’a été envoyé.",
    closed_title: "Demande déjà traitée ou fermée",
    closed_text: "Quelqu’un a déjà répondu, ou le délai de cette demande est écoulé. Rien n’a changé à l’instant.",
    damaged_title: "Ce lien est incomplet ou endommagé",
    damaged_text: "Copiez l’adresse entière depuis le message et ouvrez-la de nouveau\u{a0}; votre \
                   messagerie l’a peut-être coupée. Rien n’a été envoyé.",
    off_title: "Indisponible",
    off_text: "Les liens de ce type sont désactivés pour le moment. Rien n’a été envoyé.",
    gone_title: "Ce lien ne peut plus être ouvert",
    gone_text: "La clé de ce lien a été supprimée. Rien n’a été envoyé.",
    later_title: "Veuillez réessayer plus tard",
    later_text: "Le service ne peut pas répondre pour le moment. Rien n’a été envoyé et vous pouvez rouvrir \
                 le lien sans risque.",
    unsure_title: "Non confirmé",
    unsure_text: "Votre réponse a été envoyée, mais n’a pas pu être confirmée. Vous pouvez rouvrir le lien \
                  sans risque\u{a0}: une réponse n’est prise en compte qu’une seule fois.",
    answer_lost_text: "Votre réponse a été envoyée, mais nous n’avons pas pu confirmer qu’elle est arrivée. Ne rouvrez pas le lien\u{a0}: une \
                       seconde réponse pourrait compter pour l’étape suivante. Demandez à la personne qui vous a envoyé ce lien \
                       de vérifier l’état de l’automatisation.",
    program_title: "Un lien pour les programmes",
    program_text: "Ce lien reçoit des données envoyées par un programme. Il ne peut pas être utilisé dans \
                   un navigateur. Rien n’a été envoyé.",
    wrong_title: "Cela n’a pas fonctionné",
    wrong_text: "Le lien n’a pas été utilisé comme prévu. Rien n’a été envoyé.",
    fault_title: "Une erreur est survenue",
    fault_text: "Vous n’y êtes pour rien. Veuillez prévenir la personne qui vous a envoyé ce lien.",
    ask_sender: "Veuillez demander un nouveau lien à la personne qui vous a envoyé celui-ci.",

    // --- terms in front of a value ---
    term_answer: "Votre réponse",
    term_until: "Répondre avant le",
    term_reference: "Référence",
    term_code: "Code",
    term_details: "Détails",
};
