//! What messages say of themselves, in nine languages. A language that lacks a text does not compile.

use crate::language::Language;

/// All texts of messages.
pub struct Texts {
    /// The subject and heading of a message whose author gave neither.
    pub heading: &'static str,
    /// A button that leads to a page with one button: the name of its action.
    pub open: &'static str,
    /// A button that leads to a form.
    pub decide: &'static str,
    /// In front of a time.
    pub until: &'static str,
    /// In front of whose links they are.
    pub recipient: &'static str,
    /// In front of the id of the transaction.
    pub reference: &'static str,
    /// That opening is harmless, and passing on is not.
    pub note: &'static str,
}

/// The texts of a language.
pub const fn of(language: Language) -> &'static Texts {
    match language {
        Language::English => &Texts {
            heading: "Your decision is needed",
            open: "Open: {}",
            decide: "Decide",
            until: "Answer by",
            recipient: "For",
            reference: "Reference",
            note: "Opening a link sends nothing yet: you will be asked first. Whoever has this message can answer, \
                   so please do not pass it on.",
        },
        Language::German => &Texts {
            heading: "Ihre Entscheidung ist gefragt",
            open: "Öffnen: {}",
            decide: "Entscheiden",
            until: "Antwort bis",
            recipient: "Für",
            reference: "Referenz",
            note: "Das Öffnen eines Links sendet noch nichts: Sie werden erst gefragt. Wer diese Nachricht hat, kann \
                   antworten. Bitte leiten Sie sie nicht weiter.",
        },
        Language::Spanish => &Texts {
            heading: "Se necesita su decisión",
            open: "Abrir: {}",
            decide: "Decidir",
            until: "Responder antes de",
            recipient: "Para",
            reference: "Referencia",
            note: "Abrir un enlace todavía no envía nada: antes se le preguntará. Quien tenga este mensaje puede \
                   responder; por favor, no lo reenvíe.",
        },
        Language::French => &Texts {
            heading: "Votre décision est attendue",
            open: "Ouvrir : {}",
            decide: "Décider",
            until: "Répondre avant le",
            recipient: "Pour",
            reference: "Référence",
            note: "Ouvrir un lien n’envoie encore rien : une question vous sera d’abord posée. Toute personne qui a ce \
                   message peut répondre ; merci de ne pas le transférer.",
        },
        Language::Japanese => &Texts {
            heading: "ご判断をお願いします",
            open: "開く: {}",
            decide: "回答する",
            until: "回答期限",
            recipient: "宛先",
            reference: "参照番号",
            note: "リンクを開いただけでは何も送信されません。まず確認のページが表示されます。このメッセージを\
                   持っている人は誰でも回答できますので、転送しないでください。",
        },
        Language::Korean => &Texts {
            heading: "결정이 필요합니다",
            open: "열기: {}",
            decide: "결정하기",
            until: "응답 기한",
            recipient: "받는 사람",
            reference: "참조 번호",
            note: "링크를 열어도 아직 아무것도 전송되지 않으며, 먼저 확인을 요청합니다. 이 메시지를 가진 사람은 누구나 \
                   응답할 수 있으므로 다른 사람에게 전달하지 마세요.",
        },
        Language::Portuguese => &Texts {
            heading: "Sua decisão é necessária",
            open: "Abrir: {}",
            decide: "Decidir",
            until: "Responder até",
            recipient: "Para",
            reference: "Referência",
            note: "Abrir um link ainda não envia nada: antes, você será perguntado. Quem tiver esta mensagem pode \
                   responder; por favor, não a encaminhe.",
        },
        Language::SimplifiedChinese => &Texts {
            heading: "需要您作出决定",
            open: "打开：{}",
            decide: "作出决定",
            until: "回复期限",
            recipient: "收件人",
            reference: "参考编号",
            note: "打开链接不会发送任何内容，系统会先请您确认。任何持有此消息的人都可以回复，请勿转发。",
        },
        Language::TraditionalChinese => &Texts {
            heading: "需要您作出決定",
            open: "開啟：{}",
            decide: "作出決定",
            until: "回覆期限",
            recipient: "收件人",
            reference: "參考編號",
            note: "開啟連結不會傳送任何內容，系統會先請您確認。任何持有此訊息的人都可以回覆，請勿轉寄。",
        },
    }
}
