//! Links that ask before they act: the page that is shown, and whether an answer to it counts.

use super::{Decision, Method, Subject, Use, Visit};
use crate::action::{Confirm, Form, Outcomes, Question, ReplySpec};
use crate::form::{Complaint, Fields, Issue, PageEntries, Place, ProgramEntries, check};
use crate::json::tree;
use crate::nonce::{NonceFault, NonceKey};
use crate::rejection::{Damage, Fault, Rejection, Unconfirmed};
use crate::select::{self, Body, MAX_BODY_BYTES, essence, is_json_type};
use crate::template;
use std::fmt;

/// What is shown, and whatever was wrong with the answer before.
#[derive(Debug)]
pub struct Ask {
    /// Which action of which request.
    pub subject: Subject,
    /// What is asked.
    pub asked: Asked,
    /// Whether a box must be ticked.
    pub strict: bool,
    /// For the hidden field.
    pub nonce: String,
    /// When the link ends, in Unix seconds.
    pub expires_at: Option<u64>,
    /// Origins to which an answer may lead on.
    pub origins: Vec<String>,
    /// What was wrong, beside each field.
    pub complaints: Vec<Complaint>,
    /// Why the answer before did not count; `None` for a page that is shown for the first time.
    pub refusal: Option<Rejection>,
}

/// What is asked.
#[derive(Debug)]
pub enum Asked {
    /// Whether an action shall happen.
    Confirmation(Question),
    /// Which outcome it shall be.
    Decision(Box<Choice>),
}

/// A form, its fields and what was entered in them.
pub struct Choice {
    /// What is to be decided, and how it may be.
    pub form: Form,
    /// All fields, each once.
    pub fields: Fields,
    /// As they were sent; `None`: nothing was entered yet.
    pub entries: Option<Vec<(String, String)>>,
}

impl fmt::Debug for Choice {
    /// Entries are the visitor's data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Choice({} fields)", self.fields.list().len())
    }
}

/// Whether a POST to a link that asks comes from its page, or from a program that means it.
///
/// # Errors
/// Why it does not count.
pub fn is_meant(visit: &Visit<'_>, nonce: &NonceKey, strict: bool) -> Result<(), Unconfirmed> {
    match BodyKind::of(visit.content_type) {
        BodyKind::Page if visit.body.len() > MAX_BODY_BYTES => Err(Unconfirmed::NotAsked),
        BodyKind::Page => {
            let entries = PageEntries::read(visit.body);
            let is_repeated = entries
                .complaints
                .iter()
                .any(|complaint| complaint.issue == Issue::Twice);
            if is_repeated {
                return Err(Unconfirmed::Foreign);
            }
            check_nonce(entries.nonce.as_deref(), nonce, visit.now_ms)?;
            match strict && !entries.sure {
                true => Err(Unconfirmed::NotTicked),
                false => Ok(()),
            }
        }
        BodyKind::Json if visit.asks_for_json && is_object(visit) => Ok(()),
        BodyKind::Json | BodyKind::Other => Err(Unconfirmed::NotAsked),
    }
}

/// What is in the object does not matter, so nothing is built of it.
fn is_object(visit: &Visit<'_>) -> bool {
    let body = select::json_body(visit.body, visit.content_type);
    body.is_ok_and(|raw| raw.get().starts_with('{') && tree::check_keys(raw).is_ok())
}

fn check_nonce(sent: Option<&str>, nonce: &NonceKey, now_ms: u64) -> Result<(), Unconfirmed> {
    let sent = sent.ok_or(Unconfirmed::NotAsked)?;
    nonce.check(sent, now_ms).map_err(|fault| match fault {
        NonceFault::Foreign => Unconfirmed::Foreign,
        NonceFault::TooYoung => Unconfirmed::TooFast,
        NonceFault::TooOld => Unconfirmed::TooOld,
    })
}

enum BodyKind {
    Page,
    Json,
    Other,
}

impl BodyKind {
    fn of(content_type: Option<&str>) -> Self {
        match content_type {
            Some(text) if essence(text) == "application/x-www-form-urlencoded" => BodyKind::Page,
            Some(text) if is_json_type(text) => BodyKind::Json,
            _ => BodyKind::Other,
        }
    }
}

impl Use<'_> {
    /// The page of a success, failure or heartbeat that asks.
    pub(super) fn question(
        &self,
        reply: &ReplySpec,
        nonce: &NonceKey,
        refusal: Option<Unconfirmed>,
    ) -> Decision {
        let asked = Asked::Confirmation(self.payload.action.question.clone());
        let complaints = match refusal {
            Some(Unconfirmed::NotTicked) => vec![NOT_TICKED],
            _ => Vec::new(),
        };
        let origins = reply
            .redirect
            .iter()
            .filter_map(|redirect| redirect.origin())
            .collect();
        self.ask(
            asked,
            nonce,
            origins,
            complaints,
            refusal.map(Rejection::ConfirmationRequired),
        )
    }

    /// A form: shown, answered, or shown again with what is wrong.
    pub(super) fn form(&self, form: &Form, nonce: &NonceKey) -> Result<Decision, Rejection> {
        if !self.switches.post_actions {
            return Err(Rejection::PostActionsDisabled);
        }
        let unreadable = |fault: Fault| Rejection::InvalidPayload(Damage::Content(fault.to_string()));
        let fields = Fields::of(&form.outcomes).map_err(unreadable)?;
        match self.visit.method {
            Method::Get | Method::Head => Ok(self.choice(form, fields, nonce, Entered::default())),
            Method::Post => match self.chosen(form, &fields, nonce) {
                Ok(decision) => Ok(decision),
                Err(entered) => Ok(self.choice(form, fields, nonce, entered)),
            },
        }
    }

    fn choice(&self, form: &Form, fields: Fields, nonce: &NonceKey, entered: Entered) -> Decision {
        let entered = entered.shown_again();
        let own = self.payload.action.response.redirect.iter();
        let of_outcomes = form
            .outcomes
            .list
            .iter()
            .filter_map(|outcome| outcome.response.as_ref());
        let redirects = own.chain(of_outcomes.filter_map(|response| response.redirect.as_ref()));
        let mut origins: Vec<String> = redirects.filter_map(|redirect| redirect.origin()).collect();
        origins.sort();
        origins.dedup();
        let asked = Asked::Decision(Box::new(Choice {
            form: form.clone(),
            fields,
            entries: entered.entries,
        }));
        self.ask(asked, nonce, origins, entered.complaints, entered.refusal)
    }

    fn ask(
        &self,
        asked: Asked,
        nonce: &NonceKey,
        origins: Vec<String>,
        complaints: Vec<Complaint>,
        refusal: Option<Rejection>,
    ) -> Decision {
        Decision::Ask(Box::new(Ask {
            subject: self.subject.clone(),
            asked,
            strict: self.payload.action.confirm == Confirm::Strict,
            nonce: nonce.issue(self.visit.now_ms),
            expires_at: self.payload.expires_at,
            origins,
            complaints,
            refusal,
        }))
    }

    /// What was chosen by a POST, or everything that the page shows again.
    fn chosen(&self, form: &Form, fields: &Fields, nonce: &NonceKey) -> Result<Decision, Entered> {
        match BodyKind::of(self.visit.content_type) {
            BodyKind::Page => self.chosen_on_page(form, fields, nonce),
            BodyKind::Json => self.chosen_by_program(form, fields),
            BodyKind::Other if self.visit.body.is_empty() => Err(Entered::refused(
                Rejection::ConfirmationRequired(Unconfirmed::NotAsked),
            )),
            BodyKind::Other => Err(Entered::refused(Rejection::UnsupportedBodyType)),
        }
    }

    fn chosen_on_page(&self, form: &Form, fields: &Fields, nonce: &NonceKey) -> Result<Decision, Entered> {
        if self.visit.body.len() > MAX_BODY_BYTES {
            return Err(Entered::wrong(None, vec![Complaint::page(Issue::TooMuch)]));
        }
        let sent = PageEntries::read(self.visit.body);
        if let Err(unconfirmed) = check_nonce(sent.nonce.as_deref(), nonce, self.visit.now_ms) {
            let refusal = Rejection::ConfirmationRequired(unconfirmed);
            // A blind post fills nothing in.
            let is_blind = sent.nonce.is_none() && sent.fields.is_empty();
            return Err(Entered {
                entries: (!is_blind).then_some(sent.fields),
                ..Entered::refused(refusal)
            });
        }
        let mut complaints = Vec::new();
        if self.payload.action.confirm == Confirm::Strict && !sent.sure {
            complaints.push(NOT_TICKED);
        }
        let object = check::outcome(&form.outcomes, sent.outcome.as_deref())
            .map_err(|complaint| vec![complaint])
            .and_then(|chosen| Ok((chosen.0, check::page_object(fields, chosen, &sent)?)));
        match object {
            Ok((place, object)) if complaints.is_empty() => {
                let report = self.report(&form.outcomes, place, &object);
                report.map_err(|refusal| Entered {
                    entries: Some(sent.fields),
                    ..Entered::refused(refusal)
                })
            }
            Ok(_) => Err(Entered::wrong(Some(sent.fields), complaints)),
            Err(wrong) => {
                complaints.extend(wrong);
                Err(Entered::wrong(Some(sent.fields), complaints))
            }
        }
    }

    fn chosen_by_program(&self, form: &Form, fields: &Fields) -> Result<Decision, Entered> {
        let raw = select::json_body(self.visit.body, self.visit.content_type).map_err(Entered::refused)?;
        let readable = tree::estimate(raw).and_then(|_| tree::check_keys(raw));
        readable.map_err(|fault| {
            let fault = Fault::at("body", fault);
            Entered::refused(Rejection::InvalidPostActionBody(fault))
        })?;
        let sent = ProgramEntries::read(raw).map_err(|(at, what)| {
            let fault = Fault::at(at, what).under("body");
            Entered::refused(Rejection::InvalidPostActionBody(fault))
        })?;
        let chosen = check::outcome(&form.outcomes, Some(&sent.outcome));
        let object = chosen
            .map_err(|complaint| vec![complaint])
            .and_then(|chosen| Ok((chosen.0, check::program_object(fields, chosen, &sent)?)));
        let entries = || {
            let pairs = sent
                .fields
                .iter()
                .map(|(name, raw)| (name, fields.entries_of(name, raw)));
            let pairs = pairs.flat_map(|(name, texts)| texts.into_iter().map(|text| (name.clone(), text)));
            Some(pairs.collect())
        };
        match object {
            Ok((place, object)) => self
                .report(&form.outcomes, place, &object)
                .map_err(|refusal| Entered {
                    entries: entries(),
                    ..Entered::refused(refusal)
                }),
            Err(complaints) => Err(Entered::wrong(entries(), complaints)),
        }
    }

    fn report(&self, outcomes: &Outcomes, place: usize, object: &str) -> Result<Decision, Rejection> {
        let outcome = outcomes.list.get(place);
        let outcome = outcome.ok_or_else(|| Rejection::ServiceError("an outcome has no place".to_owned()))?;
        let body = Body::read(object.as_bytes(), Some("application/json"))?;
        let reply = outcome.response.as_ref().unwrap_or(&self.payload.action.response);
        self.answer(
            select::report(outcome, &body, self.output_limit())?,
            reply.clone(),
            Some(&outcome.name),
            outcome.shown(),
        )
    }
}

const NOT_TICKED: Complaint = Complaint {
    place: Place::Tick,
    issue: Issue::NotTicked,
};

/// What was entered on a page that is shown again.
#[derive(Default)]
struct Entered {
    entries: Option<Vec<(String, String)>>,
    complaints: Vec<Complaint>,
    refusal: Option<Rejection>,
}

/// Most bytes of entries in a page that is shown again. More than people type, and far less than an answer may have.
const MAX_SHOWN_BYTES: usize = 2 << 20;

/// Bytes of an entry in a page, as its answer carries it.
fn shown_bytes(entry: &str) -> usize {
    // `&#34;` and the like.
    let escaped = entry
        .bytes()
        .filter(|byte| matches!(byte, b'<' | b'>' | b'&' | b'"' | b'\''));
    template::carried_bytes(entry) + 4 * escaped.count()
}

impl Entered {
    /// Without entries that no answer could carry: the page then says so.
    fn shown_again(mut self) -> Self {
        let entries = self.entries.iter().flatten();
        let bytes: usize = entries.map(|(_, value)| shown_bytes(value)).sum();
        if bytes > MAX_SHOWN_BYTES {
            self.entries = Some(Vec::new());
            let too_much = Complaint::page(Issue::TooMuch);
            if !self.complaints.contains(&too_much) {
                self.complaints.push(too_much);
            }
        }
        self
    }

    fn refused(refusal: Rejection) -> Self {
        Self {
            refusal: Some(refusal),
            ..Self::default()
        }
    }

    fn wrong(entries: Option<Vec<(String, String)>>, complaints: Vec<Complaint>) -> Self {
        let is_tick = |complaint: &Complaint| complaint.place == Place::Tick;
        let refusal = match complaints.split_first() {
            Some((first, [])) if is_tick(first) => Rejection::ConfirmationRequired(Unconfirmed::NotTicked),
            _ => {
                let texts: Vec<String> = complaints
                    .iter()
                    .map(|complaint| format!("{}: {}", complaint.path(), complaint.issue))
                    .collect();
                Rejection::InvalidPostActionBody(Fault::at("", texts.join("; ")))
            }
        };
        Self {
            entries,
            complaints,
            refusal: Some(refusal),
        }
    }
}
