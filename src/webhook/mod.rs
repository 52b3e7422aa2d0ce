//! Webhooks that prove who sent them: signatures of the senders that are known, and bodies beyond JSON. A post action
//! that has nothing of this keeps to the rules of version 1.

#![cfg_attr(
    not(test),
    deny(
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::todo,
        clippy::unimplemented,
        clippy::unreachable,
        clippy::unwrap_used,
        reason = "a stranger chooses what comes here"
    )
)]

pub mod body;
pub mod challenge;
mod generic;
mod in_body;
pub mod intake;
mod key_pair;
mod mac;
mod received;
mod scheme;
mod secret;
mod shared;
pub mod standard;
mod twilio;
pub mod wire;

pub use intake::Intake;
pub use received::{Headers, Received};
pub use scheme::Scheme;
pub use secret::{DerivedKey, Secret};

use crate::json::JsonText;
use crate::rejection::{Fault, Unproven};
use secret::{MAX_SECRET_BYTES, MAX_SECRETS};
use wire::Secrets;
use zeroize::Zeroizing;

/// Largest tolerance, in seconds: a day.
const MAX_TOLERANCE: u64 = 86_400;

/// What makes a post action one for machines: at least one of both is the author's.
#[derive(Debug, Clone, PartialEq)]
pub struct Webhook {
    /// How the sender proves who it is.
    pub verify: Option<Verify>,
    /// What may be sent.
    pub intake: Intake,
}

impl Webhook {
    /// `None`: a post action as in version 1.
    pub fn of(verify: Option<Verify>, intake: Intake) -> Option<Self> {
        let is_plain = verify.is_none() && intake == Intake::default();
        (!is_plain).then_some(Self { verify, intake })
    }

    /// Whether a kind of body is taken.
    pub fn takes(&self, kind: intake::BodyKind) -> bool {
        let scheme = self.verify.as_ref().map(|verify| &verify.scheme);
        self.intake.takes(kind, scheme)
    }

    /// Whether an answer of 200 is the author's text, whatever the sender accepts.
    pub fn answers_text(&self) -> bool {
        self.intake.answer == Some(intake::Answer::Text)
    }

    /// Whether senders want instructions for a call or a text message as the answer.
    pub fn is_twilio(&self) -> bool {
        let scheme = self.verify.as_ref().map(|verify| &verify.scheme);
        matches!(scheme, Some(Scheme::Twilio { .. }))
    }
}

/// How the sender of a webhook proves who it is; checked in full.
#[derive(Debug, Clone, PartialEq)]
pub struct Verify {
    /// How it signs.
    pub scheme: Scheme,
    /// What it signs with; `None`: with the secret that the link derives from its own key.
    secrets: Option<Vec<Secret>>,
    /// Seconds by which the signed time may be off.
    tolerance: Option<u64>,
}

impl Verify {
    /// Reads what an author wrote, or what a link holds.
    ///
    /// # Errors
    /// The field that is wrong; no secret is in the text.
    pub fn read(wire: wire::Verify) -> Result<Self, Fault> {
        let scheme = Scheme::read(&wire)?;
        let tolerance = match wire.tolerance {
            Some(_) if !scheme.has_time() => {
                let what = "this scheme signs no time; leave it out";
                return Err(Fault::at("tolerance", what));
            }
            Some(1..=MAX_TOLERANCE) => wire.tolerance,
            Some(_) => return Err(Fault::at("tolerance", "must be from 1 to 86,400 seconds")),
            None => None,
        };
        let secrets = match wire.secret {
            Secrets::Generate if scheme.generated(&nobodys_key()).is_none() => {
                let what = "is issued by this sender and cannot be generated; copy it from the sender";
                return Err(Fault::at("secret", what));
            }
            Secrets::Generate => None,
            Secrets::Given(secrets) => Some(checked(secrets, &scheme)?),
        };
        Ok(Self {
            scheme,
            secrets,
            tolerance,
        })
    }

    /// What new links must not have, though links that have it open.
    ///
    /// # Errors
    /// The field that is wrong.
    pub fn check_new(&self) -> Result<(), Fault> {
        self.scheme.check_new()
    }

    /// The secrets that begin or end with a character that nobody sees, as fields below `verify`. They count as they are.
    pub fn secrets_with_unseen_ends(&self) -> Vec<String> {
        let secrets = self.secrets.as_deref().unwrap_or_default();
        let each = secrets.iter().enumerate();
        each.filter(|(_, secret)| secret.has_unseen_end())
            .map(|(index, _)| secret_at(index, secrets.len()))
            .collect()
    }

    /// With the tolerance of the scheme where the author named none: a link says what it means, also to later versions.
    #[must_use]
    pub fn with_defaults(mut self) -> Self {
        self.tolerance = self.tolerance.or(self.scheme.default_tolerance());
        self
    }

    /// As a link holds it: one text for each.
    pub fn to_json(&self) -> Zeroizing<String> {
        let mut wire = wire::Verify {
            scheme: self.scheme.name(),
            secret: self.secrets.clone().map_or(Secrets::Generate, Secrets::Given),
            tolerance: self.tolerance,
            header: None,
            prefix: None,
            separator: None,
            parts: None,
            ts_header: None,
            ts_key: None,
            ts_separator: None,
            ts_unit: None,
            algo: None,
            encoding: None,
            key: None,
            url: None,
        };
        self.scheme.write(&mut wire);
        Zeroizing::new(JsonText::of(&wire).into_string())
    }

    /// Where the link points, for a sender that signs its address.
    pub fn base(&self) -> Option<&str> {
        self.scheme.base()
    }

    /// Notes where the link points, if the sender signs that.
    pub fn set_base(&mut self, url: &str) {
        self.scheme.set_base(url);
    }

    /// Under which addresses the sender may know the link: as it was handed out, and where a form tells the address from what
    /// comes after it, as it was called.
    pub fn addresses(&self, handed_out: Vec<String>, called: &str) -> Vec<String> {
        match self.scheme {
            Scheme::Twilio { .. } => twilio::addresses(handed_out, called),
            // Where the address ends, the body begins: whoever calls could move that place.
            _ => handed_out,
        }
    }

    /// Whether the secret follows from the link's own key.
    pub fn is_generated(&self) -> bool {
        self.secrets.is_none()
    }

    /// Whether there is a signature, but not over the body.
    pub fn leaves_body_unsigned(&self) -> bool {
        matches!(self.scheme, Scheme::Mailgun | Scheme::DropboxSign)
    }

    /// Whether a body of this kind can prove who sent it: it cannot be a text or nothing where it must hold the signature.
    pub fn fits(&self, kind: intake::BodyKind) -> bool {
        use intake::BodyKind::{Empty, Form, Json, Multipart, Text, TextJson};
        match kind {
            Json | Form | Multipart | TextJson => true,
            Text | Empty => !self.leaves_body_unsigned(),
        }
    }

    /// Whether the address is missing that the sender signs.
    pub fn lacks_base(&self) -> bool {
        self.scheme.signs_address() && self.scheme.base().is_none()
    }

    /// The scheme for people: nothing of it is secret.
    pub fn scheme_text(&self) -> String {
        JsonText::of(&self.scheme.name()).into_string()
    }

    /// The secret that follows from the link's own key; `None` where the author gave one.
    pub fn generated(&self, key: &DerivedKey) -> Option<Secret> {
        match self.secrets {
            None => self.scheme.generated(key),
            Some(_) => None,
        }
    }

    /// Whether a request comes from who has one of the secrets, and was signed in time.
    ///
    /// # Errors
    /// Why not, for the log.
    pub fn check(&self, key: Option<&DerivedKey>, received: &Received<'_>) -> Result<(), Unproven> {
        let generated: Vec<Secret>;
        let secrets = match &self.secrets {
            Some(secrets) => secrets,
            None => {
                let secret = key.and_then(|key| self.scheme.generated(key));
                generated = vec![secret.ok_or(Unproven::NoGeneratedSecret)?];
                &generated
            }
        };
        self.scheme.check(secrets, self.tolerance, received)
    }
}

/// Only to ask whether a scheme has secrets that can be generated.
fn nobodys_key() -> DerivedKey {
    DerivedKey::new(Zeroizing::new([0; 32]))
}

fn checked(secrets: Vec<Secret>, scheme: &Scheme) -> Result<Vec<Secret>, Fault> {
    if !(1..=MAX_SECRETS).contains(&secrets.len()) {
        return Err(Fault::at("secret", "must be one secret, or a list of 1 to 5"));
    }
    for (index, secret) in secrets.iter().enumerate() {
        let at = secret_at(index, secrets.len());
        if !(1..=MAX_SECRET_BYTES).contains(&secret.expose().len()) {
            return Err(Fault::at(at, "must have 1 to 1,024 bytes"));
        }
        if secret.expose() == wire::GENERATE {
            return Err(Fault::at(at, "\"generate\" cannot be part of a list"));
        }
        scheme.check_secret(secret).map_err(|what| {
            let hint = if secret.has_unseen_end() { UNSEEN_END } else { "" };
            Fault::at(at, format!("{what}{hint}"))
        })?;
    }
    Ok(secrets)
}

const UNSEEN_END: &str = "; it begins or ends with white space, such as the line break of a file";

/// Where a secret is, below `verify`.
fn secret_at(index: usize, count: usize) -> String {
    match count {
        1 => "secret".to_owned(),
        _ => format!("secret[{index}]"),
    }
}
