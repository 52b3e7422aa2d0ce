//! Brazilian Portuguese.

use super::Texts;

pub const PT_BR: Texts = Texts {
    // --- an answer was recorded ---
    done_title: "Obrigado",
    done_text: "Sua resposta foi registrada. Você pode fechar esta página.",
    kept_title: "Solicitação ainda em aberto",
    kept_text: "A solicitação continua em aberto. Você pode fechar esta página.",
    unconfirmed_title: "Enviado",
    unconfirmed_text: "Sua resposta foi enviada e a solicitação já está encerrada. \
                       Não foi possível confirmar se ela foi encerrada pela sua resposta.",
    unconfirmed_kept_text: "A solicitação já está encerrada, então não é mais preciso mantê-la em aberto.",

    // --- a page that asks ---
    ask_title: "Confirme, por favor",
    ask_text: "Nada foi enviado ainda. Sua resposta só valerá quando você pressionar o botão.",
    decide_title: "Decida, por favor",
    decide_text: "Nada foi enviado ainda. Sua resposta só valerá quando você pressionar um dos botões.",
    confirm_label: "Confirmar: {}",
    tick: "Li isto e é isso mesmo que quero fazer.",
    needed_for: "necessário para: {}",
    only_for: "opcional, somente para: {}",
    optional: "opcional",
    choose: "Escolha uma opção",
    hint_range: "De {} a {}.",
    hint_minimum: "No mínimo {}.",
    hint_maximum: "No máximo {}.",
    hint_more: "Mais de {}.",
    hint_less: "Menos de {}.",
    hint_multiple: "Um múltiplo de {}.",
    hint_length: "Até {} caracteres.",
    hint_utc: "O horário está em UTC.",
    hint_example: "Por exemplo: {}",

    // --- why the page is shown again ---
    again_title: "Confira as informações",
    again_unsent: "Nada foi enviado ainda.",
    again_fast: "Isso foi mais rápido do que qualquer pessoa consegue ler, por isso não valeu. Pressione o \
                 botão novamente.",
    again_old: "Esta página ficou aberta por mais de um dia. Pressione o botão novamente.",
    again_page: "A resposta não veio desta página, por isso não valeu. Pressione o botão.",
    again_unreadable: "Não foi possível ler o que foi enviado. Responda por esta página.",

    // --- what is wrong, beside a field ---
    issue_missing: "Preencha este campo.",
    issue_unchosen: "Escolha uma opção.",
    issue_too_short: "Informe pelo menos {} caracteres.",
    issue_too_long: "Até {} caracteres.",
    issue_too_small: "Informe {} ou mais.",
    issue_too_large: "Informe {} ou menos.",
    issue_not_more: "Informe mais de {}.",
    issue_not_less: "Informe menos de {}.",
    issue_multiple: "Informe um múltiplo de {}.",
    issue_not_this: "Informe exatamente isto: {}",
    issue_pattern: "Verifique o formato.",
    issue_number: "Informe um número.",
    issue_whole: "Informe um número inteiro.",
    issue_two_readings: "Escreva 12345 ou 12,3450: um separador antes de três dígitos pode ser lido de duas maneiras.",
    issue_two_readings_of_whole: "Escreva 12345: um separador antes de três dígitos pode ser lido de duas maneiras.",
    issue_digits: "Informe um número com menos dígitos.",
    issue_date: "Informe uma data no formato ano-mês-dia, por exemplo, 2026-12-24.",
    issue_date_time: "Informe uma data e um horário, por exemplo 2026-12-24 18:00.",
    issue_time: "Informe um horário, por exemplo 18:00.",
    issue_email: "Informe um endereço de e-mail.",
    issue_uri: "Informe um endereço da web completo, por exemplo, https://example.com.",
    issue_choice: "Escolha uma das opções disponíveis.",
    issue_too_few: "Escolha no mínimo {}.",
    issue_too_many: "Escolha no máximo {}.",
    issue_tick: "Marque esta caixa.",
    issue_untick: "Desmarque esta caixa.",
    issue_twice: "Esta informação foi enviada duas vezes.",
    issue_unreadable: "Não foi possível ler esta informação. Preencha novamente.",
    issue_unknown: "Foi enviado algo que esta página não pede.",
    issue_no_outcome: "Pressione um dos botões.",
    issue_too_much: "Isso é mais do que pode ser enviado.",
    issue_unfit: "Estas informações não combinam entre si.",

    // --- nothing could be done with the link ---
    expired_title: "Este link expirou",
    expired_text: "Ele podia ser usado até {}. Nada foi enviado.",
    closed_title: "Solicitação já respondida ou encerrada",
    closed_text: "Alguém já respondeu, ou o prazo desta solicitação terminou. Nada mudou agora.",
    damaged_title: "Este link está incompleto ou danificado",
    damaged_text: "Copie o endereço completo da mensagem e abra-o novamente; talvez seu programa de e-mail \
                   o tenha cortado. Nada foi enviado.",
    off_title: "Indisponível",
    off_text: "Links deste tipo estão desativados no momento. Nada foi enviado.",
    gone_title: "Este link não pode mais ser aberto",
    gone_text: "A chave deste link foi excluída. Nada foi enviado.",
    later_title: "Tente novamente mais tarde",
    later_text: "O serviço não consegue responder agora. Nada foi enviado, e você pode abrir o link de novo \
                 sem risco.",
    unsure_title: "Sem confirmação",
    unsure_text: "Sua resposta foi enviada, mas não foi possível confirmá-la. Você pode abrir o link de \
                  novo sem risco: uma resposta vale uma única vez.",
    answer_lost_text: "Sua resposta foi enviada, mas não foi possível confirmar se ela chegou. Não abra o link de novo: uma segunda resposta pode \
                       valer para a próxima etapa. Peça a quem enviou o link que verifique se ela chegou.",
    program_title: "Um link para programas",
    program_text: "Este link recebe dados de um programa. Ele não pode ser usado em um navegador. Nada foi enviado.",
    wrong_title: "Não funcionou",
    wrong_text: "O link não foi usado da forma prevista. Nada foi enviado.",
    fault_title: "Algo deu errado",
    fault_text: "O erro não foi seu. Avise quem lhe enviou este link.",
    ask_sender: "Peça um novo link a quem lhe enviou este.",

    // --- terms in front of a value ---
    term_answer: "Sua resposta",
    term_until: "Responder até",
    term_reference: "Referência",
    term_code: "Código",
    term_details: "Detalhes",
};
