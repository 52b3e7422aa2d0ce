//! Japanese.

use super::Texts;

pub const JA: Texts = Texts {
    // --- an answer was recorded ---
    done_title: "ありがとうございました",
    done_text: "回答を記録しました。このページは閉じてもかまいません。",
    kept_title: "引き続き受付中です",
    kept_text: "この依頼は引き続き受付中です。このページは閉じてもかまいません。",
    unconfirmed_title: "送信しました",
    unconfirmed_text: "回答は送信され、この依頼は終了しました。\
                       今回の回答によって終了したかどうかは確認できませんでした。",
    unconfirmed_kept_text: "この依頼はすでに終了しているため、受付を続ける必要はありません。",

    // --- a page that asks ---
    ask_title: "確認をお願いします",
    ask_text: "まだ何も送信されていません。ボタンを押した時点で、回答が有効になります。",
    decide_title: "ご判断をお願いします",
    decide_text: "まだ何も送信されていません。いずれかのボタンを押した時点で、回答が有効になります。",
    confirm_label: "確定：{}",
    tick: "内容を読みました。この回答で間違いありません。",
    needed_for: "次の回答では必須：{}",
    only_for: "任意、次の回答のみ：{}",
    optional: "任意",
    choose: "選択してください",
    hint_range: "{}以上、{}以下。",
    hint_minimum: "{}以上。",
    hint_maximum: "{}以下。",
    hint_more: "{}より大きい値。",
    hint_less: "{}より小さい値。",
    hint_multiple: "{}の倍数。",
    hint_length: "{}文字以内。",
    hint_utc: "時刻はUTC（協定世界時）です。",
    hint_example: "例：{}",

    // --- why the page is shown again ---
    again_title: "入力内容をご確認ください",
    again_unsent: "まだ何も送信されていません。",
    again_fast: "内容を読むには速すぎる操作だったため、無効になりました。もう一度ボタンを押してください。",
    again_old: "このページを開いてから1日以上たっています。もう一度ボタンを押してください。",
    again_page: "このページからの回答ではないため、無効になりました。ボタンを押してください。",
    again_unreadable: "送られた内容を読み取れませんでした。このページから回答してください。",

    // --- what is wrong, beside a field ---
    issue_missing: "入力してください。",
    issue_unchosen: "選択してください。",
    issue_too_short: "{}文字以上で入力してください。",
    issue_too_long: "{}文字以内で入力してください。",
    issue_too_small: "{}以上の値を入力してください。",
    issue_too_large: "{}以下の値を入力してください。",
    issue_not_more: "{}より大きい値を入力してください。",
    issue_not_less: "{}より小さい値を入力してください。",
    issue_multiple: "{}の倍数を入力してください。",
    issue_not_this: "次のとおりに入力してください：{}",
    issue_pattern: "形式をご確認ください。",
    issue_number: "数値を入力してください。",
    issue_whole: "整数を入力してください。",
    issue_two_readings: "12345 または 12.3450 のように入力してください。3桁の数字の前の区切り記号は2通りに読めます。",
    issue_two_readings_of_whole: "12345 のように入力してください。3桁の数字の前の区切り記号は2通りに読めます。",
    issue_digits: "桁数を減らして入力してください。",
    issue_date: "日付を「年-月-日」の形式で入力してください（例：2026-12-24）。",
    issue_date_time: "日付と時刻を入力してください（例：2026-12-24 18:00）。",
    issue_time: "時刻を入力してください（例：18:00）。",
    issue_email: "メールアドレスを入力してください。",
    issue_uri: "URL全体を入力してください（例：https://example.com）。",
    issue_choice: "選択肢の中から選んでください。",
    issue_too_few: "{}個以上選択してください。",
    issue_too_many: "選択は{}個以内にしてください。",
    issue_tick: "チェックを入れてください。",
    issue_untick: "チェックを外してください。",
    issue_twice: "この項目が2回送られました。",
    issue_unreadable: "この項目を読み取れませんでした。もう一度入力してください。",
    issue_unknown: "このページにない項目が送られました。",
    issue_no_outcome: "いずれかのボタンを押してください。",
    issue_too_much: "送信できる量を超えています。",
    issue_unfit: "入力内容の組み合わせが正しくありません。",

    // --- nothing could be done with the link ---
    expired_title: "このリンクは期限切れです",
    expired_text: "有効期限は {} でした。何も送信されていません。",
    closed_title: "すでに回答済みか、終了しています",
    closed_text: "すでに回答があったか、この依頼の期限が過ぎています。今の操作では何も変わっていません。",
    damaged_title: "リンクが不完全か、壊れています",
    damaged_text: "メッセージからアドレス全体をコピーして、もう一度開いてください。\
                   メールソフトがアドレスを途中で切ってしまった可能性があります。何も送信されていません。",
    off_title: "ご利用いただけません",
    off_text: "この種類のリンクは、現在利用が停止されています。何も送信されていません。",
    gone_title: "このリンクはもう開けません",
    gone_text: "このリンクを開くための鍵が削除されました。何も送信されていません。",
    later_title: "後でもう一度お試しください",
    later_text: "現在、サービスが応答できません。何も送信されていないため、リンクをもう一度開いても問題ありません。",
    unsure_title: "確認が取れていません",
    unsure_text: "回答は送信されましたが、確認が取れませんでした。リンクをもう一度開いても問題ありません。\
                  回答が有効になるのは一度だけです。",
    answer_lost_text: "回答は送信されましたが、届いたかどうかを確認できませんでした。リンクをもう一度開かないでください。\
                       2回目の回答は次のステップへの回答になることがあります。\
                       このリンクの送信者に、回答が届いたかどうかの確認を依頼してください。",
    program_title: "プログラム用のリンクです",
    program_text: "このリンクは、プログラムからデータを受け取るためのものです。\
                   ブラウザーでは使用できません。何も送信されていません。",
    wrong_title: "うまくいきませんでした",
    wrong_text: "このリンクは、本来とは異なる方法で使用されました。何も送信されていません。",
    fault_title: "問題が発生しました",
    fault_text: "操作に問題があったわけではありません。このリンクの送信者にお知らせください。",
    ask_sender: "新しいリンクについては、このリンクの送信者にお問い合わせください。",

    // --- terms in front of a value ---
    term_answer: "ご回答",
    term_until: "回答期限",
    term_reference: "参照番号",
    term_code: "コード",
    term_details: "詳細",
};
