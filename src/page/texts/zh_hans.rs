//! Simplified Chinese.

use super::Texts;

pub const ZH_HANS: Texts = Texts {
    // --- an answer was recorded ---
    done_title: "谢谢",
    done_text: "您的答复已记录。您可以关闭此页面。",
    kept_title: "仍在等待答复",
    kept_text: "此请求将继续等待答复。您可以关闭此页面。",
    unconfirmed_title: "已发送",
    unconfirmed_text: "您的答复已发送，此请求现已结束，而且几乎可以肯定是因您的答复而结束。但确认信息在途中丢失了。",
    unconfirmed_kept_text: "此请求现已结束，无需再继续等待。",

    // --- a page that asks ---
    ask_title: "请确认",
    ask_text: "尚未发送任何内容。点击按钮后，您的答复才会生效。",
    decide_title: "请做出决定",
    decide_text: "尚未发送任何内容。点击其中一个按钮后，您的答复才会生效。",
    confirm_label: "确认：{}",
    tick: "我已阅读，并确认这是我的决定。",
    needed_for: "以下答复必填：{}",
    only_for: "选填，仅用于以下答复：{}",
    optional: "选填",
    choose: "请选择",
    hint_range: "{} 到 {}。",
    hint_minimum: "至少 {}。",
    hint_maximum: "最多 {}。",
    hint_length: "最多 {} 个字符。",

    // --- why the page is shown again ---
    again_title: "请检查填写的内容",
    again_unsent: "尚未发送任何内容。",
    again_fast: "操作过快，来不及读完内容，因此未生效。请再次点击按钮。",
    again_old: "此页面打开已超过一天。请再次点击按钮。",
    again_page: "该答复并非来自此页面，因此未生效。请点击按钮。",
    again_unreadable: "无法读取收到的内容。请在此页面上答复。",

    // --- what is wrong, beside a field ---
    issue_missing: "请填写此项。",
    issue_unchosen: "请选择。",
    issue_too_short: "请至少输入 {} 个字符。",
    issue_too_long: "最多只能输入 {} 个字符。",
    issue_too_small: "请输入不小于 {} 的数值。",
    issue_too_large: "请输入不大于 {} 的数值。",
    issue_pattern: "格式不符合要求。",
    issue_number: "请输入数字。",
    issue_whole: "请输入整数。",
    issue_date: "请按“年-月-日”的格式输入日期，例如 2026-12-24。",
    issue_email: "请输入电子邮件地址。",
    issue_uri: "请输入完整的网址，例如 https://example.com。",
    issue_choice: "请从所列选项中选择。",
    issue_too_few: "请至少选择 {} 项。",
    issue_too_many: "最多只能选择 {} 项。",
    issue_tick: "请勾选此复选框。",
    issue_twice: "此项被发送了两次。",
    issue_unreadable: "无法读取此项。请重新填写。",
    issue_unknown: "收到了此页面并未要求的内容。",
    issue_no_outcome: "请点击其中一个按钮。",
    issue_too_much: "内容超出了可发送的上限。",
    issue_unfit: "所填内容彼此不符。",

    // --- nothing could be done with the link ---
    expired_title: "此链接已过期",
    expired_text: "此链接的有效期至 {}。未发送任何内容。",
    closed_title: "已答复或已结束",
    closed_text: "此请求已有答复、已超时或已被终止。本次未作任何更改。",
    damaged_title: "此链接不完整或已损坏",
    damaged_text: "请从消息中复制完整的地址并重新打开；您的邮件程序可能截断了地址。未发送任何内容。",
    off_title: "暂不可用",
    off_text: "此类链接目前已停用。未发送任何内容。",
    gone_title: "此链接已无法打开",
    gone_text: "此链接的密钥已被删除。未发送任何内容。",
    later_title: "请稍后再试",
    later_text: "服务目前无法响应。未发送任何内容，您可以放心地再次打开此链接。",
    unsure_title: "未能确认",
    unsure_text: "您的答复已发送，但未能得到确认。您可以放心地再次打开此链接：答复只会生效一次。",
    answer_lost_text: "您的答复已发送，但无法确认是否送达。请勿再次打开此链接：第二次答复可能会被用于下一个步骤。\
                       请让向您发送此链接的人查看自动化的状态。",
    program_title: "供程序使用的链接",
    program_text: "此链接用于接收程序发来的数据，无法在浏览器中使用。未发送任何内容。",
    wrong_title: "操作未成功",
    wrong_text: "此链接未按预定方式使用。未发送任何内容。",
    fault_title: "出现问题",
    fault_text: "问题并非由您造成。请告知向您发送此链接的人。",
    ask_sender: "请向给您发送此链接的人索取新链接。",

    // --- terms in front of a value ---
    term_answer: "您的答复",
    term_until: "答复截止时间",
    term_reference: "参考编号",
    term_code: "代码",
    term_details: "详细信息",
};
