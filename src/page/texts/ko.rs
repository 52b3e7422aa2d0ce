//! Korean.

use super::Texts;

pub const KO: Texts = Texts {
    // --- an answer was recorded ---
    done_title: "감사합니다",
    done_text: "답변이 기록되었습니다. 이 페이지를 닫으셔도 됩니다.",
    kept_title: "요청이 아직 열려 있습니다",
    kept_text: "요청이 계속 열려 있습니다. 이 페이지를 닫으셔도 됩니다.",
    unconfirmed_title: "전송되었습니다",
    unconfirmed_text: "답변이 전송되었고, 요청은 이제 종료되었습니다. 보내신 답변으로 종료된 것이 거의 \
                       확실합니다. 다만 확인 응답이 도중에 유실되었습니다.",
    unconfirmed_kept_text: "요청이 이미 종료되어 더 이상 열어 둘 필요가 없습니다.",

    // --- a page that asks ---
    ask_title: "확인해 주세요",
    ask_text: "아직 아무것도 전송되지 않았습니다. 버튼을 눌러야 답변으로 인정됩니다.",
    decide_title: "결정해 주세요",
    decide_text: "아직 아무것도 전송되지 않았습니다. 버튼 중 하나를 눌러야 답변으로 인정됩니다.",
    confirm_label: "확인: {}",
    tick: "내용을 읽었으며, 이대로 답변하겠습니다.",
    needed_for: "다음 답변에 필수: {}",
    only_for: "선택 사항, 다음 답변에만 해당: {}",
    optional: "선택 사항",
    choose: "선택해 주세요",
    hint_range: "{} 이상 {} 이하.",
    hint_minimum: "{} 이상.",
    hint_maximum: "{} 이하.",
    hint_length: "최대 {}자.",

    // --- why the page is shown again ---
    again_title: "입력 내용을 확인해 주세요",
    again_unsent: "아직 아무것도 전송되지 않았습니다.",
    again_fast: "내용을 읽을 수 없을 만큼 빠르게 버튼이 눌려 답변으로 인정되지 않았습니다. 버튼을 다시 눌러 주세요.",
    again_old: "이 페이지를 연 지 하루가 넘었습니다. 버튼을 다시 눌러 주세요.",
    again_page: "이 페이지에서 보낸 답변이 아니어서 인정되지 않았습니다. 버튼을 눌러 주세요.",
    again_unreadable: "보낸 내용을 읽을 수 없었습니다. 이 페이지에서 답변해 주세요.",

    // --- what is wrong, beside a field ---
    issue_missing: "이 항목을 입력해 주세요.",
    issue_unchosen: "선택해 주세요.",
    issue_too_short: "{}자 이상 입력해 주세요.",
    issue_too_long: "{}자 이하로 입력해 주세요.",
    issue_too_small: "{} 이상의 값을 입력해 주세요.",
    issue_too_large: "{} 이하의 값을 입력해 주세요.",
    issue_pattern: "요구되는 형식에 맞지 않습니다.",
    issue_number: "숫자를 입력해 주세요.",
    issue_whole: "정수를 입력해 주세요.",
    issue_date: "날짜를 연-월-일 형식으로 입력해 주세요(예: 2026-12-24).",
    issue_email: "이메일 주소를 입력해 주세요.",
    issue_uri: "전체 웹 주소를 입력해 주세요(예: https://example.com).",
    issue_choice: "제시된 항목 중에서 선택해 주세요.",
    issue_too_few: "{}개 이상 선택해 주세요.",
    issue_too_many: "{}개까지만 선택해 주세요.",
    issue_tick: "이 확인란을 선택해 주세요.",
    issue_twice: "이 항목이 두 번 전송되었습니다.",
    issue_unreadable: "이 항목을 읽을 수 없었습니다. 다시 입력해 주세요.",
    issue_unknown: "이 페이지에서 묻지 않은 내용이 전송되었습니다.",
    issue_no_outcome: "버튼 중 하나를 눌러 주세요.",
    issue_too_much: "보낼 수 있는 양을 초과했습니다.",
    issue_unfit: "입력하신 내용이 서로 맞지 않습니다.",

    // --- nothing could be done with the link ---
    expired_title: "만료된 링크입니다",
    expired_text: "이 링크는 {}까지 사용할 수 있었습니다. 아무것도 전송되지 않았습니다.",
    closed_title: "이미 답변되었거나 종료되었습니다",
    closed_text: "이 요청은 이미 답변되었거나, 기한이 지났거나, 중단되었습니다. 이번에는 아무것도 변경되지 \
                  않았습니다.",
    damaged_title: "링크가 불완전하거나 손상되었습니다",
    damaged_text: "메시지에서 주소 전체를 복사해 다시 열어 주세요. 메일 프로그램에서 주소가 잘렸을 수 \
                   있습니다. 아무것도 전송되지 않았습니다.",
    off_title: "사용할 수 없습니다",
    off_text: "이런 종류의 링크는 현재 사용이 중지되어 있습니다. 아무것도 전송되지 않았습니다.",
    gone_title: "더 이상 열 수 없는 링크입니다",
    gone_text: "이 링크를 여는 데 필요한 키가 삭제되었습니다. 아무것도 전송되지 않았습니다.",
    later_title: "나중에 다시 시도해 주세요",
    later_text: "현재 서비스가 응답할 수 없습니다. 아무것도 전송되지 않았으니 링크를 다시 여셔도 괜찮습니다.",
    unsure_title: "확인되지 않았습니다",
    unsure_text: "답변이 전송되었지만 확인되지 않았습니다. 링크를 다시 여셔도 괜찮습니다. 답변은 한 번만 인정됩니다.",
    answer_lost_text: "답변이 전송되었지만 도착했는지 알 수 없습니다. 링크를 다시 열지 마세요. 두 번째 답변은 다음 단계에 대한 답변이 될 수 \
                       있습니다. 이 링크를 보낸 사람에게 자동화 상태를 확인해 달라고 요청하세요.",
    program_title: "프로그램용 링크입니다",
    program_text: "이 링크는 프로그램에서 데이터를 받기 위한 것입니다. 브라우저에서는 사용할 수 없습니다. \
                   아무것도 전송되지 않았습니다.",
    wrong_title: "처리되지 않았습니다",
    wrong_text: "링크가 원래 용도와 다르게 사용되었습니다. 아무것도 전송되지 않았습니다.",
    fault_title: "문제가 발생했습니다",
    fault_text: "사용자의 잘못이 아닙니다. 이 링크를 보낸 분에게 알려 주세요.",
    ask_sender: "이 링크를 보낸 분에게 새 링크를 요청해 주세요.",

    // --- terms in front of a value ---
    term_answer: "내 답변",
    term_until: "답변 기한",
    term_reference: "참조 번호",
    term_code: "코드",
    term_details: "세부 정보",
};
