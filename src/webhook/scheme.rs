//! The schemes: what each takes of `verify`, which secrets it has, and how it checks.

use super::generic::{Generic, TimeIn, check_header};
use super::intake::BodyKind;
use super::mac::{self, Algorithm, Encoding, Row};
use super::received::{Received, TimeUnit};
use super::secret::{DerivedKey, KeyForm, Secret};
use super::wire::{self, SchemeName};
use super::{in_body, key_pair, shared, standard, twilio};
use crate::rejection::{Fault, Unproven};

/// Seconds by which a signed time may be off, where the sender says nothing else.
const TOLERANCE: u64 = 300;
/// ElevenLabs' own.
const LONG_TOLERANCE: u64 = 1_800;
/// For a time that is that of the event, which is sent again for hours.
const DAY: u64 = 86_400;

/// How a sender proves who it is, with what is the author's own of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Scheme {
    /// Standard Webhooks, `v1` and `v1a`.
    StandardWebhooks,
    /// The same in Svix's headers.
    Svix,
    /// HMAC of the body.
    Github,
    /// A token in a header.
    Gitlab,
    /// HMAC of time and body.
    Stripe,
    /// HMAC of time and body.
    Slack,
    /// HMAC of the body.
    Shopify,
    /// ECDSA over time and body.
    Sendgrid,
    /// HMAC of a time and a token, in the body.
    Mailgun,
    /// HMAC of the body.
    TeamsOutgoing,
    /// HMAC of the body.
    Hookdeck,
    /// HMAC of the body.
    Woocommerce,
    /// HMAC of time and body.
    Paddle,
    /// HMAC of time and body.
    Webflow,
    /// HMAC of time and body.
    Elevenlabs,
    /// HMAC of the body.
    Vercel,
    /// Ed25519 over time and body.
    Discord,
    /// HMAC of the body, several signatures.
    Pagerduty,
    /// HMAC of time and body.
    Zendesk,
    /// HMAC of time and body.
    Docuseal,
    /// HMAC of address and body, and where the link points.
    Square {
        /// Known as soon as the link is made.
        base: Option<String>,
    },
    /// HMAC of a time and the kind of event, in the body.
    DropboxSign,
    /// `Authorization: Basic`.
    Basic,
    /// `Authorization: Bearer`.
    Bearer,
    /// Twilio, and where the link points: the sender signs it.
    Twilio {
        /// Known as soon as the link is made.
        base: Option<String>,
    },
    /// A header that is the secret.
    Header(String),
    /// Any other HMAC.
    Generic(Box<Generic>),
}

/// How a scheme checks.
enum How<'a> {
    Mac(Row<'a>),
    Standard(standard::Names),
    KeyPair(key_pair::Row),
    InBody(in_body::Row),
    Twilio,
    Header(&'a str),
    Basic,
    Bearer,
}

impl Scheme {
    /// Takes from `verify` what belongs to the scheme.
    ///
    /// # Errors
    /// A field that is missing, or that the scheme does not have.
    pub(super) fn read(wire: &wire::Verify) -> Result<Self, Fault> {
        let scheme = match wire.scheme {
            SchemeName::StandardWebhooks | SchemeName::Openai | SchemeName::Replicate => {
                Scheme::StandardWebhooks
            }
            SchemeName::Svix | SchemeName::Clerk | SchemeName::Resend => Scheme::Svix,
            SchemeName::Github => Scheme::Github,
            SchemeName::Gitlab => Scheme::Gitlab,
            SchemeName::Stripe => Scheme::Stripe,
            SchemeName::Slack => Scheme::Slack,
            SchemeName::Shopify => Scheme::Shopify,
            SchemeName::Sendgrid => Scheme::Sendgrid,
            SchemeName::Mailgun => Scheme::Mailgun,
            SchemeName::TeamsOutgoing => Scheme::TeamsOutgoing,
            SchemeName::Hookdeck => Scheme::Hookdeck,
            SchemeName::Woocommerce => Scheme::Woocommerce,
            SchemeName::Paddle => Scheme::Paddle,
            SchemeName::Webflow => Scheme::Webflow,
            SchemeName::Elevenlabs => Scheme::Elevenlabs,
            SchemeName::Vercel => Scheme::Vercel,
            SchemeName::Discord => Scheme::Discord,
            SchemeName::Pagerduty => Scheme::Pagerduty,
            SchemeName::Zendesk => Scheme::Zendesk,
            SchemeName::Docuseal => Scheme::Docuseal,
            SchemeName::Square => Scheme::Square {
                base: wire.url.clone(),
            },
            SchemeName::DropboxSign => Scheme::DropboxSign,
            SchemeName::Basic => Scheme::Basic,
            SchemeName::Bearer => Scheme::Bearer,
            SchemeName::Generic => Scheme::Generic(Box::new(read_generic(wire)?)),
            SchemeName::Header => {
                let header = needed("header", wire.header.as_ref())?;
                check_header("header", header)?;
                Scheme::Header(header.clone())
            }
            SchemeName::Twilio => Scheme::Twilio {
                base: wire.url.clone(),
            },
        };
        let is_generic = matches!(scheme, Scheme::Generic(_));
        let has_header = is_generic || matches!(scheme, Scheme::Header(_));
        let has_url = scheme.signs_address();
        for (field, is_given, belongs) in [
            ("header", wire.header.is_some(), has_header),
            ("prefix", wire.prefix.is_some(), is_generic),
            ("separator", wire.separator.is_some(), is_generic),
            ("parts", wire.parts.is_some(), is_generic),
            ("ts_header", wire.ts_header.is_some(), is_generic),
            ("ts_key", wire.ts_key.is_some(), is_generic),
            ("ts_separator", wire.ts_separator.is_some(), is_generic),
            ("ts_unit", wire.ts_unit.is_some(), is_generic),
            ("algo", wire.algo.is_some(), is_generic),
            ("encoding", wire.encoding.is_some(), is_generic),
            ("key", wire.key.is_some(), is_generic),
            ("url", wire.url.is_some(), has_url),
        ] {
            if is_given && !belongs {
                return Err(Fault::at(field, "is not a field of this scheme; leave it out"));
            }
        }
        Ok(scheme)
    }

    /// What new links must not have, though links that have it open.
    ///
    /// # Errors
    /// The field that is wrong.
    pub(super) fn check_new(&self) -> Result<(), Fault> {
        match self {
            Scheme::Generic(generic) => generic.check_new(),
            _ => Ok(()),
        }
    }

    /// Puts into `verify` what belongs to the scheme.
    pub(super) fn write(&self, wire: &mut wire::Verify) {
        wire.scheme = self.name();
        match self {
            Scheme::Twilio { base } | Scheme::Square { base } => wire.url.clone_from(base),
            Scheme::Header(header) => wire.header = Some(header.clone()),
            Scheme::Generic(generic) => {
                wire.header = Some(generic.header.clone());
                wire.prefix.clone_from(&generic.prefix);
                wire.separator = generic.separator;
                wire.parts = Some(generic.parts.clone());
                match &generic.time {
                    Some((TimeIn::Header(name), unit)) => {
                        (wire.ts_header, wire.ts_unit) = (Some(name.clone()), Some(*unit));
                    }
                    Some((TimeIn::Key(key), unit)) => {
                        (wire.ts_key, wire.ts_unit) = (Some(key.clone()), Some(*unit));
                    }
                    Some((TimeIn::Front(separator), unit)) => {
                        (wire.ts_separator, wire.ts_unit) = (Some(separator.clone()), Some(*unit));
                    }
                    None => {}
                }
                wire.algo = Some(generic.algorithm);
                wire.encoding = Some(generic.encoding);
                wire.key = Some(generic.key);
                wire.url.clone_from(&generic.base);
            }
            Scheme::StandardWebhooks
            | Scheme::Svix
            | Scheme::Github
            | Scheme::Gitlab
            | Scheme::Stripe
            | Scheme::Slack
            | Scheme::Shopify
            | Scheme::Sendgrid
            | Scheme::Mailgun
            | Scheme::TeamsOutgoing
            | Scheme::Hookdeck
            | Scheme::Woocommerce
            | Scheme::Paddle
            | Scheme::Webflow
            | Scheme::Elevenlabs
            | Scheme::Vercel
            | Scheme::Discord
            | Scheme::Pagerduty
            | Scheme::Zendesk
            | Scheme::Docuseal
            | Scheme::DropboxSign
            | Scheme::Basic
            | Scheme::Bearer => {}
        }
    }

    /// Whether the sender signs the address that it calls.
    pub(super) fn signs_address(&self) -> bool {
        match self {
            Scheme::Twilio { .. } | Scheme::Square { .. } => true,
            Scheme::Generic(generic) => generic.signs_address(),
            _ => false,
        }
    }

    /// Where the link points, if the sender signs that and it is known.
    pub(super) fn base(&self) -> Option<&str> {
        match self {
            Scheme::Twilio { base } | Scheme::Square { base } => base.as_deref(),
            Scheme::Generic(generic) => generic.base.as_deref(),
            _ => None,
        }
    }

    /// Notes where the link points, if the sender signs that.
    pub(super) fn set_base(&mut self, url: &str) {
        match self {
            Scheme::Twilio { base } | Scheme::Square { base } => *base = Some(url.to_owned()),
            Scheme::Generic(generic) if generic.signs_address() => generic.base = Some(url.to_owned()),
            _ => {}
        }
    }

    /// The name in links.
    pub fn name(&self) -> SchemeName {
        match self {
            Scheme::StandardWebhooks => SchemeName::StandardWebhooks,
            Scheme::Svix => SchemeName::Svix,
            Scheme::Github => SchemeName::Github,
            Scheme::Gitlab => SchemeName::Gitlab,
            Scheme::Stripe => SchemeName::Stripe,
            Scheme::Slack => SchemeName::Slack,
            Scheme::Shopify => SchemeName::Shopify,
            Scheme::Sendgrid => SchemeName::Sendgrid,
            Scheme::Mailgun => SchemeName::Mailgun,
            Scheme::TeamsOutgoing => SchemeName::TeamsOutgoing,
            Scheme::Hookdeck => SchemeName::Hookdeck,
            Scheme::Woocommerce => SchemeName::Woocommerce,
            Scheme::Paddle => SchemeName::Paddle,
            Scheme::Webflow => SchemeName::Webflow,
            Scheme::Elevenlabs => SchemeName::Elevenlabs,
            Scheme::Vercel => SchemeName::Vercel,
            Scheme::Discord => SchemeName::Discord,
            Scheme::Pagerduty => SchemeName::Pagerduty,
            Scheme::Zendesk => SchemeName::Zendesk,
            Scheme::Docuseal => SchemeName::Docuseal,
            Scheme::Square { .. } => SchemeName::Square,
            Scheme::DropboxSign => SchemeName::DropboxSign,
            Scheme::Basic => SchemeName::Basic,
            Scheme::Bearer => SchemeName::Bearer,
            Scheme::Twilio { .. } => SchemeName::Twilio,
            Scheme::Header(_) => SchemeName::Header,
            Scheme::Generic(_) => SchemeName::Generic,
        }
    }

    fn how(&self) -> How<'_> {
        match self {
            Scheme::Twilio { .. } => How::Twilio,
            Scheme::Header(name) => How::Header(name),
            Scheme::Generic(generic) => How::Mac(generic.row()),
            Scheme::StandardWebhooks => How::Standard(standard::Names::Standard),
            Scheme::Svix => How::Standard(standard::Names::Svix),
            Scheme::Github => How::Mac(mac::GITHUB),
            Scheme::Gitlab => How::Header("x-gitlab-token"),
            Scheme::Stripe => How::Mac(mac::STRIPE),
            Scheme::Slack => How::Mac(mac::SLACK),
            Scheme::Shopify => How::Mac(mac::SHOPIFY),
            Scheme::Sendgrid => How::KeyPair(key_pair::SENDGRID),
            Scheme::Mailgun => How::InBody(in_body::MAILGUN),
            Scheme::TeamsOutgoing => How::Mac(mac::TEAMS_OUTGOING),
            Scheme::Hookdeck => How::Mac(mac::HOOKDECK),
            Scheme::Woocommerce => How::Mac(mac::WOOCOMMERCE),
            Scheme::Paddle => How::Mac(mac::PADDLE),
            Scheme::Webflow => How::Mac(mac::WEBFLOW),
            Scheme::Elevenlabs => How::Mac(mac::ELEVENLABS),
            Scheme::Vercel => How::Mac(mac::VERCEL),
            Scheme::Discord => How::KeyPair(key_pair::DISCORD),
            Scheme::Pagerduty => How::Mac(mac::PAGERDUTY),
            Scheme::Zendesk => How::Mac(mac::ZENDESK),
            Scheme::Docuseal => How::Mac(mac::DOCUSEAL),
            Scheme::Square { .. } => How::Mac(mac::SQUARE),
            Scheme::DropboxSign => How::InBody(in_body::DROPBOX_SIGN),
            Scheme::Basic => How::Basic,
            Scheme::Bearer => How::Bearer,
        }
    }

    /// The kinds of body that this sender is known to send.
    pub(super) fn default_bodies(&self) -> &'static [BodyKind] {
        match self {
            Scheme::Github | Scheme::Slack | Scheme::Twilio { .. } => &[BodyKind::Json, BodyKind::Form],
            Scheme::Mailgun => &[BodyKind::Json, BodyKind::Form, BodyKind::Multipart],
            Scheme::DropboxSign => &[BodyKind::Multipart],
            Scheme::StandardWebhooks
            | Scheme::Svix
            | Scheme::Gitlab
            | Scheme::Stripe
            | Scheme::Shopify
            | Scheme::Sendgrid
            | Scheme::TeamsOutgoing
            | Scheme::Hookdeck
            | Scheme::Woocommerce
            | Scheme::Paddle
            | Scheme::Webflow
            | Scheme::Elevenlabs
            | Scheme::Vercel
            | Scheme::Discord
            | Scheme::Pagerduty
            | Scheme::Zendesk
            | Scheme::Docuseal
            | Scheme::Square { .. }
            | Scheme::Basic
            | Scheme::Bearer
            | Scheme::Header(_)
            | Scheme::Generic(_) => &[BodyKind::Json],
        }
    }

    /// Whether a time is signed.
    pub(super) fn has_time(&self) -> bool {
        match self.how() {
            How::Mac(row) => row.time.is_some(),
            How::Standard(_) | How::KeyPair(_) | How::InBody(_) => true,
            How::Twilio | How::Header(_) | How::Basic | How::Bearer => false,
        }
    }

    /// The tolerance when the author says nothing.
    pub(super) fn default_tolerance(&self) -> Option<u64> {
        match self.name() {
            // Nobody says that its time is that of the sending; events are sent again for hours.
            SchemeName::Sendgrid => None,
            SchemeName::Elevenlabs => Some(LONG_TOLERANCE),
            SchemeName::DropboxSign => Some(DAY),
            _ if self.has_time() => Some(TOLERANCE),
            _ => None,
        }
    }

    /// Whether a secret is one of this scheme.
    ///
    /// # Errors
    /// A sentence for the author.
    pub(super) fn check_secret(&self, secret: &Secret) -> Result<(), &'static str> {
        match self.how() {
            How::Mac(row) => secret.bytes(row.key).map(drop),
            How::Standard(_) => standard::Key::read(secret).map(drop),
            How::KeyPair(row) => row.check_key(secret),
            How::InBody(_) | How::Twilio => Ok(()),
            How::Header(_) | How::Bearer if secret.is_visible() => Ok(()),
            How::Header(_) | How::Bearer => {
                Err("must have visible ASCII characters only, since it stands in a header")
            }
            How::Basic if secret.expose().contains(':') => Ok(()),
            How::Basic => Err("must be user:password"),
        }
    }

    /// A secret of the link's own in the scheme's form; `None` where the sender makes the secret.
    pub(super) fn generated(&self, key: &DerivedKey) -> Option<Secret> {
        match self {
            Scheme::Generic(generic) => Some(key.written(generic.key)),
            Scheme::StandardWebhooks => Some(standard::generated(key)),
            Scheme::Basic => {
                let password = key.written(KeyForm::Utf8);
                let text = format!("{}:{}", shared::GENERATED_USER, password.expose());
                Some(Secret::new(text))
            }
            Scheme::Github | Scheme::Gitlab | Scheme::Woocommerce | Scheme::Header(_) | Scheme::Bearer => {
                Some(key.written(KeyForm::Utf8))
            }
            Scheme::Svix
            | Scheme::Stripe
            | Scheme::Slack
            | Scheme::Twilio { .. }
            | Scheme::Shopify
            | Scheme::Sendgrid
            | Scheme::Mailgun
            | Scheme::TeamsOutgoing
            | Scheme::Hookdeck
            | Scheme::Paddle
            | Scheme::Webflow
            | Scheme::Elevenlabs
            | Scheme::Vercel
            | Scheme::Discord
            | Scheme::Pagerduty
            | Scheme::Zendesk
            | Scheme::Docuseal
            | Scheme::Square { .. }
            | Scheme::DropboxSign => None,
        }
    }

    /// Whether the request comes from who has one of the secrets.
    pub(super) fn check(
        &self,
        secrets: &[Secret],
        tolerance: Option<u64>,
        received: &Received<'_>,
    ) -> Result<(), Unproven> {
        match self.how() {
            How::Mac(row) => row.check(secrets, tolerance, received),
            How::Standard(names) => standard::check(names, secrets, tolerance, received),
            How::KeyPair(row) => row.check(secrets, tolerance, received),
            How::InBody(row) => row.check(secrets, tolerance, received),
            How::Twilio => twilio::check(secrets, received),
            How::Header(name) => shared::check_header(name, secrets, received),
            How::Basic => shared::check_basic(secrets, received),
            How::Bearer => shared::check_bearer(secrets, received),
        }
    }
}

fn needed<'a>(field: &str, value: Option<&'a String>) -> Result<&'a String, Fault> {
    value.ok_or_else(|| Fault::at(field, "is needed by this scheme"))
}

fn read_generic(wire: &wire::Verify) -> Result<Generic, Fault> {
    let unit = wire.ts_unit.unwrap_or(TimeUnit::Seconds);
    let named = [
        ("ts_header", wire.ts_header.clone().map(TimeIn::Header)),
        ("ts_key", wire.ts_key.clone().map(TimeIn::Key)),
        ("ts_separator", wire.ts_separator.clone().map(TimeIn::Front)),
    ];
    let mut named = named
        .into_iter()
        .filter_map(|(field, place)| place.map(|place| (field, place)));
    let time = named.next().map(|(_, place)| (place, unit));
    if let Some((field, _)) = named.next() {
        let what = "give either ts_header, ts_key or ts_separator: the time stands in one place";
        return Err(Fault::at(field, what));
    }
    if time.is_none() && wire.ts_unit.is_some() {
        let what = "requires ts_header, ts_key or ts_separator";
        return Err(Fault::at("ts_unit", what));
    }
    let generic = Generic {
        header: needed("header", wire.header.as_ref())?.clone(),
        prefix: wire.prefix.clone(),
        separator: wire.separator,
        parts: wire.parts.clone().unwrap_or_else(|| vec!["{body}".to_owned()]),
        base: wire.url.clone(),
        time,
        algorithm: wire.algo.unwrap_or(Algorithm::Sha256),
        encoding: wire.encoding.unwrap_or(Encoding::Hex),
        key: wire.key.unwrap_or(KeyForm::Utf8),
    };
    generic.checked()
}
