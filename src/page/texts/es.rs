//! Spanish.

use super::Texts;

pub const ES: Texts = Texts {
    // --- an answer was recorded ---
    done_title: "Gracias",
    done_text: "Su respuesta quedó registrada. Puede cerrar esta página.",
    kept_title: "Solicitud aún abierta",
    kept_text: "La solicitud sigue abierta. Puede cerrar esta página.",
    unconfirmed_title: "Enviado",
    unconfirmed_text: "Su respuesta se envió y la solicitud ya está cerrada. \
                       No hemos podido confirmar si se cerró con su respuesta.",
    unconfirmed_kept_text: "La solicitud ya está cerrada, así que no hace falta mantenerla abierta por más tiempo.",

    // --- a page that asks ---
    ask_title: "Por favor, confirme",
    ask_text: "Todavía no se ha enviado nada. Su respuesta contará cuando pulse el botón.",
    decide_title: "Por favor, decida",
    decide_text: "Todavía no se ha enviado nada. Su respuesta contará cuando pulse uno de los botones.",
    confirm_label: "Confirmar: {}",
    tick: "He leído esto y es lo que deseo hacer.",
    needed_for: "necesario para: {}",
    only_for: "opcional, solo para: {}",
    optional: "opcional",
    choose: "Elija una opción",
    hint_range: "De {} a {}.",
    hint_minimum: "Mínimo: {}.",
    hint_maximum: "Máximo: {}.",
    hint_more: "Más de {}.",
    hint_less: "Menos de {}.",
    hint_multiple: "Un múltiplo de {}.",
    hint_length: "Hasta {} caracteres.",
    hint_utc: "La hora está en UTC.",
    hint_example: "Por ejemplo: {}",

    // --- why the page is shown again ---
    again_title: "Por favor, revise sus datos",
    again_unsent: "Todavía no se ha enviado nada.",
    again_fast: "Eso fue más rápido de lo que se puede leer, así que no contó. Por favor, pulse de nuevo el botón.",
    again_old: "Esta página estuvo abierta más de un día. Por favor, pulse de nuevo el botón.",
    again_page: "La respuesta no llegó desde esta página, así que no contó. Por favor, pulse el botón.",
    again_unreadable: "No se pudo leer lo que se envió. Por favor, responda desde esta página.",

    // --- what is wrong, beside a field ---
    issue_missing: "Complete este campo.",
    issue_unchosen: "Elija una opción.",
    issue_too_short: "Escriba al menos {} caracteres.",
    issue_too_long: "Hasta {} caracteres.",
    issue_too_small: "Escriba {} o más.",
    issue_too_large: "Escriba {} o menos.",
    issue_not_more: "Escriba más de {}.",
    issue_not_less: "Escriba menos de {}.",
    issue_multiple: "Escriba un múltiplo de {}.",
    issue_not_this: "Escriba exactamente esto: {}",
    issue_pattern: "Compruebe el formato.",
    issue_number: "Escriba un número.",
    issue_whole: "Escriba un número entero.",
    issue_two_readings: "Escriba 12345 o 12,3450: un separador delante de tres cifras puede leerse de dos maneras.",
    issue_two_readings_of_whole: "Escriba 12345: un separador delante de tres cifras puede leerse de dos maneras.",
    issue_digits: "Escriba un número con menos cifras.",
    issue_date: "Escriba una fecha en el formato año-mes-día, por ejemplo, 2026-12-24.",
    issue_date_time: "Escriba una fecha y una hora, por ejemplo 2026-12-24 18:00.",
    issue_time: "Escriba una hora, por ejemplo 18:00.",
    issue_email: "Escriba una dirección de correo electrónico.",
    issue_uri: "Escriba una dirección web completa, por ejemplo, https://example.com.",
    issue_choice: "Elija una de las opciones disponibles.",
    issue_too_few: "Elija {} como mínimo.",
    issue_too_many: "Elija {} como máximo.",
    issue_tick: "Marque esta casilla.",
    issue_untick: "Desmarque esta casilla.",
    issue_twice: "Este dato se envió dos veces.",
    issue_unreadable: "No se pudo leer este dato. Vuelva a escribirlo.",
    issue_unknown: "Se envió algo que esta página no pide.",
    issue_no_outcome: "Pulse uno de los botones.",
    issue_too_much: "Eso es más de lo que se puede enviar.",
    issue_unfit: "Estos datos no concuerdan entre sí.",

    // --- nothing could be done with the link ---
    expired_title: "Este enlace ha caducado",
    expired_text: "Se podía usar hasta el {}. No se envió nada.",
    closed_title: "Solicitud ya respondida o cerrada",
    closed_text: "Alguien ya ha respondido, o el plazo de esta solicitud ha terminado. Ahora mismo no ha cambiado nada.",
    damaged_title: "Este enlace está incompleto o dañado",
    damaged_text: "Copie la dirección completa del mensaje y vuelva a abrirla; es posible que su programa \
                   de correo la haya cortado. No se envió nada.",
    off_title: "No disponible",
    off_text: "Los enlaces de este tipo están desactivados en este momento. No se envió nada.",
    gone_title: "Este enlace ya no se puede abrir",
    gone_text: "Se eliminó la clave de este enlace. No se envió nada.",
    later_title: "Inténtelo de nuevo más tarde",
    later_text: "El servicio no puede responder en este momento. No se envió nada y puede volver a abrir el \
                 enlace sin riesgo.",
    unsure_title: "Sin confirmar",
    unsure_text: "Su respuesta se envió, pero no se pudo confirmar. Puede volver a abrir el enlace sin \
                  riesgo: una respuesta cuenta una sola vez.",
    answer_lost_text: "Su respuesta se envió, pero no hemos podido confirmar si llegó. No vuelva a abrir el enlace: una segunda respuesta podría \
                       contar para el paso siguiente. Pida a quien le envió el enlace que compruebe si llegó.",
    program_title: "Un enlace para programas",
    program_text: "Este enlace recibe datos de un programa. No se puede usar en un navegador. No se envió nada.",
    wrong_title: "Esto no funcionó",
    wrong_text: "El enlace no se usó de la forma prevista. No se envió nada.",
    fault_title: "Algo salió mal",
    fault_text: "El error no es suyo. Por favor, avise a quien le envió este enlace.",
    ask_sender: "Por favor, pida un enlace nuevo a quien le envió este.",

    // --- terms in front of a value ---
    term_answer: "Su respuesta",
    term_until: "Responder hasta",
    term_reference: "Referencia",
    term_code: "Código",
    term_details: "Detalles",
};
