//! Traditional Chinese, as written in Taiwan.

use super::Texts;

pub const ZH_HANT: Texts = Texts {
    // --- an answer was recorded ---
    done_title: "謝謝您",
    done_text: "已記錄您的回覆。您可以關閉此頁面。",
    kept_title: "仍在等待回覆",
    kept_text: "這項請求會繼續等待回覆。您可以關閉此頁面。",
    unconfirmed_title: "已送出",
    unconfirmed_text: "您的回覆已送出，這項請求現已結束，而且幾乎可以確定是因為您的回覆而結束。\
                       但確認訊息在途中遺失了。",
    unconfirmed_kept_text: "這項請求現已結束，不需要再繼續等待。",

    // --- a page that asks ---
    ask_title: "請確認",
    ask_text: "尚未送出任何內容。按下按鈕後，您的回覆才會生效。",
    decide_title: "請做出決定",
    decide_text: "尚未送出任何內容。按下其中一個按鈕後，您的回覆才會生效。",
    confirm_label: "確認：{}",
    tick: "我已閱讀，並確認這是我的決定。",
    needed_for: "以下回覆必填：{}",
    only_for: "選填，僅用於以下回覆：{}",
    optional: "選填",
    choose: "請選擇",
    hint_range: "{} 到 {}。",
    hint_minimum: "至少 {}。",
    hint_maximum: "最多 {}。",
    hint_length: "最多 {} 個字元。",

    // --- why the page is shown again ---
    again_title: "請檢查填寫的內容",
    again_unsent: "尚未送出任何內容。",
    again_fast: "操作過快，來不及讀完內容，因此未生效。請再按一次按鈕。",
    again_old: "此頁面已開啟超過一天。請再按一次按鈕。",
    again_page: "這個回覆並非來自此頁面，因此未生效。請按下按鈕。",
    again_unreadable: "無法讀取收到的內容。請在此頁面上回覆。",

    // --- what is wrong, beside a field ---
    issue_missing: "請填寫此欄位。",
    issue_unchosen: "請選擇。",
    issue_too_short: "請至少輸入 {} 個字元。",
    issue_too_long: "最多只能輸入 {} 個字元。",
    issue_too_small: "請輸入不小於 {} 的數值。",
    issue_too_large: "請輸入不大於 {} 的數值。",
    issue_pattern: "格式不符合要求。",
    issue_number: "請輸入數字。",
    issue_whole: "請輸入整數。",
    issue_date: "請以「年-月-日」的格式輸入日期，例如 2026-12-24。",
    issue_email: "請輸入電子郵件地址。",
    issue_uri: "請輸入完整的網址，例如 https://example.com。",
    issue_choice: "請從列出的選項中選擇。",
    issue_too_few: "請至少選擇 {} 項。",
    issue_too_many: "最多只能選擇 {} 項。",
    issue_tick: "請勾選此方塊。",
    issue_twice: "此欄位重複送出了兩次。",
    issue_unreadable: "無法讀取此欄位。請重新填寫。",
    issue_unknown: "收到了此頁面並未要求的內容。",
    issue_no_outcome: "請按下其中一個按鈕。",
    issue_too_much: "內容超過可送出的上限。",
    issue_unfit: "填寫的內容彼此不符。",

    // --- nothing could be done with the link ---
    expired_title: "此連結已過期",
    expired_text: "此連結的有效期限到 {} 為止。未送出任何內容。",
    closed_title: "已回覆或已結束",
    closed_text: "這項請求已有回覆、已逾時或已被中止。這次未做任何變更。",
    damaged_title: "此連結不完整或已損毀",
    damaged_text: "請從訊息中複製完整的網址並重新開啟；您的郵件程式可能截斷了網址。未送出任何內容。",
    off_title: "目前無法使用",
    off_text: "這類連結目前已停用。未送出任何內容。",
    gone_title: "此連結已無法開啟",
    gone_text: "此連結的金鑰已被刪除。未送出任何內容。",
    later_title: "請稍後再試",
    later_text: "服務目前無法回應。未送出任何內容，您可以放心再次開啟此連結。",
    unsure_title: "未能確認",
    unsure_text: "您的回覆已送出，但未能獲得確認。您可以放心再次開啟此連結：回覆只會生效一次。",
    answer_lost_text: "您的回覆已送出，但無法確認是否送達。請勿再次開啟此連結：第二次回覆可能會用於下一個步驟。\
                       請傳送此連結給您的人查看自動化的狀態。",
    program_title: "供程式使用的連結",
    program_text: "此連結用於接收程式傳來的資料，無法在瀏覽器中使用。未送出任何內容。",
    wrong_title: "操作未成功",
    wrong_text: "此連結未依預定方式使用。未送出任何內容。",
    fault_title: "發生問題",
    fault_text: "問題並非由您造成。請告知傳送此連結給您的人。",
    ask_sender: "請向傳送此連結給您的人索取新連結。",

    // --- terms in front of a value ---
    term_answer: "您的回覆",
    term_until: "回覆期限",
    term_reference: "參考編號",
    term_code: "代碼",
    term_details: "詳細資訊",
};
