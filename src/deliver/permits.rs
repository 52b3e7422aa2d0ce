//! What the stack lets links be delivered to, from its parameters `Deliver…`.

use std::fmt;

/// Everything that may be used. What is not here is refused before anything is asked of AWS, with the parameter's name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Permits {
    /// `DELIVER_TOPIC_ARNS`
    pub topics: Vec<Arn>,
    /// `DELIVER_IDENTITY_ARNS`
    pub identities: Vec<Arn>,
    /// `DELIVER_EVENT_BUS_ARNS`
    pub buses: Vec<Arn>,
    /// `DELIVER_SECRET_ARNS`: in Secrets Manager.
    pub secrets: Vec<Arn>,
    /// `DELIVER_PARAMETER_ARNS`: in Systems Manager.
    pub parameters: Vec<Arn>,
    /// `DELIVER_HOSTS`
    pub hosts: Vec<Host>,
}

const SECOND_BUS: &str = "event-busv2/";

/// The ARN of something in a region.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Arn {
    text: String,
    service: String,
    region: String,
    resource: String,
}

impl Arn {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        let mut part = || parts.next().filter(|part| !part.is_empty());
        let ("arn", partition) = (part()?, part()?) else {
            return None;
        };
        let (service, region, account, resource) = (part()?, part()?, part()?, part()?);
        let plain = |text: &str| {
            text.bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        let is_arn = partition.starts_with("aws")
            && plain(partition)
            && plain(service)
            && plain(region)
            && account.len() == 12
            && account.bytes().all(|byte| byte.is_ascii_digit())
            && resource
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && !b"*?,\"'\\".contains(&byte));
        is_arn.then(|| Self {
            text: text.to_owned(),
            service: service.to_owned(),
            region: region.to_owned(),
            resource: resource.to_owned(),
        })
    }

    fn of(text: &str, service: &str, prefix: &str) -> Option<Self> {
        Self::parse(text).filter(|arn| {
            let name = arn.resource.strip_prefix(prefix);
            arn.service == service && name.is_some_and(|name| !name.is_empty())
        })
    }

    /// A standard topic.
    ///
    /// # Errors
    /// A sentence for whoever wrote it.
    pub fn topic(text: &str) -> Result<Self, &'static str> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        Self::of(text, "sns", "")
            .filter(|arn| arn.resource.bytes().all(plain))
            .ok_or("must be the ARN of a standard topic of SNS")
    }

    /// A verified address or domain, or a configuration set that belongs to one.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn identity(text: &str) -> Result<Self, &'static str> {
        Self::of(text, "ses", "identity/")
            .or_else(|| Self::of(text, "ses", "configuration-set/"))
            .ok_or("must be ARNs of identities or configuration sets of SES, with commas between")
    }

    /// A bus of EventBridge.
    ///
    /// # Errors
    /// A sentence for whoever wrote it.
    pub fn bus(text: &str) -> Result<Self, &'static str> {
        let second = || Self::of(text, "events", SECOND_BUS).filter(Self::is_named_bus);
        Self::of(text, "events", "event-bus/")
            .or_else(second)
            .ok_or("must be the ARN of an event bus")
    }

    /// Where a bus of the second API of EventBridge is: each account has a host (endpoint rules of EventBridgeV2). `None`: it is
    /// another bus.
    pub fn second_endpoint(&self) -> Option<String> {
        if !self.resource.starts_with(SECOND_BUS) {
            return None;
        }
        let mut parts = self.text.split(':').skip(1);
        let (partition, account) = (parts.next()?, parts.nth(2)?);
        let suffix = match partition {
            "aws-cn" => "amazonaws.com.cn",
            _ => "amazonaws.com",
        };
        Some(format!("https://{account}.eventsv2.{}.{suffix}", self.region))
    }

    /// Name and id (API model of EventBridgeV2, EventBusArn).
    fn is_named_bus(&self) -> bool {
        let parts: Vec<&str> = self.resource.split('/').collect();
        let [_, name, id] = parts.as_slice() else {
            return false;
        };
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        (1..=256).contains(&name.len())
            && name.bytes().all(plain)
            && name.starts_with(|first: char| first.is_ascii_alphanumeric())
            && id.len() == 25
            && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    }

    /// A secret of Secrets Manager.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn secret(text: &str) -> Result<Self, &'static str> {
        Self::of(text, "secretsmanager", "secret:")
            .ok_or("must be ARNs of secrets of Secrets Manager, with commas between")
    }

    /// A parameter of Systems Manager.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn parameter(text: &str) -> Result<Self, &'static str> {
        Self::of(text, "ssm", "parameter/")
            .ok_or("must be ARNs of parameters of Systems Manager, with commas between")
    }

    /// As it was given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Where it is.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The name of a secret without the six characters that Secrets Manager adds.
    fn secret_name(&self) -> Option<&str> {
        let name = self.resource.strip_prefix("secret:")?;
        let (name, random) = name.rsplit_once('-')?;
        (random.len() == 6).then_some(name)
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The name of a host: lower-case letters, digits, hyphens and at least one dot; no address, no port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host(String);

impl Host {
    /// Reads a name.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        const WRONG: &str = "must be names of hosts, such as hooks.example.com, with commas between";
        let label = |label: &str| {
            let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
            (1..=63).contains(&label.len())
                && label.bytes().all(plain)
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        let is_address = text
            .rsplit('.')
            .next()
            .is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()));
        let is_name = text.len() <= 253 && text.contains('.') && text.split('.').all(label) && !is_address;
        is_name.then(|| Self(text.to_owned())).ok_or(WRONG)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Permits {
    /// Whether mails may come from this address: it, its domain or a domain above is an identity.
    pub(super) fn sends_from(&self, address: &str) -> bool {
        let address = address.to_ascii_lowercase();
        let Some((_, domain)) = address.rsplit_once('@') else {
            return false;
        };
        self.identities.iter().any(|arn| {
            let Some(identity) = arn.resource.strip_prefix("identity/") else {
                return false;
            };
            let identity = identity.to_ascii_lowercase();
            let is_above = domain
                .strip_suffix(&identity)
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
            identity == address || (!identity.contains('@') && is_above)
        })
    }

    /// Where mails of this address are sent: where its identity is.
    pub(super) fn sends_in(&self, address: &str) -> Option<String> {
        let own = |arn: &&Arn| {
            let only = Self {
                identities: vec![(*arn).clone()],
                ..Self::default()
            };
            only.sends_from(address)
        };
        self.identities.iter().find(own).map(|arn| arn.region.clone())
    }

    /// The secret that is meant by an ARN, or by a name in the stack's own list.
    pub(super) fn secret_manager(&self, wanted: &str) -> Option<&Arn> {
        self.secrets
            .iter()
            .find(|arn| arn.text == wanted || arn.secret_name() == Some(wanted))
    }

    /// The parameter that is meant by an ARN or a name. `/a` and `a` have one ARN.
    pub(super) fn parameter(&self, wanted: &str) -> Option<&Arn> {
        let name = format!("parameter/{}", wanted.trim_start_matches('/'));
        self.parameters
            .iter()
            .find(|arn| arn.text == wanted || arn.resource == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_arn_is_taken_for_itself_only() {
        type Parse = fn(&str) -> Result<Arn, &'static str>;
        let kinds: [(&str, Parse); 5] = [
            ("arn:aws:sns:eu-west-1:123456789012:approvals", Arn::topic),
            (
                "arn:aws:ses:eu-west-1:123456789012:identity/example.com",
                Arn::identity,
            ),
            (
                "arn:aws-cn:events:cn-north-1:123456789012:event-bus/ours",
                Arn::bus,
            ),
            (
                "arn:aws:secretsmanager:eu-west-1:123456789012:secret:slack-AbCdEf",
                Arn::secret,
            ),
            ("arn:aws:ssm:eu-west-1:123456789012:parameter/a/b", Arn::parameter),
        ];
        for (place, (text, _)) in kinds.iter().enumerate() {
            for (other, (_, parse)) in kinds.iter().enumerate() {
                assert_eq!(parse(text).is_ok(), place == other, "{text} as kind {other}");
            }
        }
        for (bus, is_second) in [
            ("event-bus/ours", Some(false)),
            ("event-bus/aws.partner/example.com/acct/1", Some(false)),
            ("event-busv2/ours/0123456789abcdefghijklmno", Some(true)),
            ("event-busv2/o.u_r-s/0123456789abcdefghijklmno", Some(true)),
            ("event-busv2/ours", None),
            ("event-busv2/ours/", None),
            ("event-busv2/ours/0123456789abcdefghijklmn", None),
            ("event-busv2/ours/0123456789ABCDEFGHIJKLMNO", None),
            ("event-busv2/-ours/0123456789abcdefghijklmno", None),
            ("event-busv2//0123456789abcdefghijklmno", None),
            ("event-busv2/a/b/0123456789abcdefghijklmno", None),
            ("event-busv3/ours/0123456789abcdefghijklmno", None),
        ] {
            let arn = Arn::bus(&format!("arn:aws:events:eu-west-1:123456789012:{bus}"));
            assert_eq!(
                arn.ok().map(|arn| arn.second_endpoint().is_some()),
                is_second,
                "{bus}"
            );
        }
        let second = |partition: &str, region: &str| {
            let id = "0123456789abcdefghijklmno";
            let arn = format!("arn:{partition}:events:{region}:123456789012:event-busv2/ours/{id}");
            Arn::bus(&arn).unwrap().second_endpoint().unwrap()
        };
        let global = "https://123456789012.eventsv2.eu-west-1.amazonaws.com";
        assert_eq!(second("aws", "eu-west-1"), global);
        let china = "https://123456789012.eventsv2.cn-north-1.amazonaws.com.cn";
        assert_eq!(second("aws-cn", "cn-north-1"), china);
        let set = "arn:aws:ses:eu-west-1:123456789012:configuration-set/ours";
        assert_eq!(Arn::identity(set).map(|arn| arn.to_string()), Ok(set.to_owned()));
        for text in [
            "",
            "approvals",
            "arn:aws:sns:eu-west-1:123456789012:",
            "arn:aws:sns:eu-west-1::approvals",
            "arn:aws:sns:eu-west-1:1234:approvals",
            "arn:aws:sns::123456789012:approvals",
            "arn:aws:sns:eu-west-1:123456789012:*",
            "arn:aws:sns:eu-west-1:123456789012:approvals.fifo",
            "arn:aws:sns:eu-west-1:123456789012:approvals:57a6bc8f",
            "arn:other:sns:eu-west-1:123456789012:approvals",
            "arn:aws:sns:eu-west-1/@x:123456789012:approvals",
        ] {
            assert!(Arn::topic(text).is_err(), "{text}");
        }
        assert!(Arn::parameter("arn:aws:ssm:eu-west-1:123456789012:parameter/*").is_err());
    }

    #[test]
    fn hosts_are_names() {
        for text in ["hooks.example.com", "a.b", "xn--bcher-kva.example"] {
            assert!(Host::parse(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "localhost",
            "Hooks.example.com",
            "*.example.com",
            "a..b",
            ".a.b",
            "a.b.",
            "a.b:443",
            "a/b.c",
            "u@a.b",
            "10.0.0.1",
            "127.1",
            "[::1]",
            "-a.b",
            "a-.b",
            "bücher.example",
            &format!("{}.b", "a".repeat(64)),
        ] {
            assert!(Host::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn senders_are_those_of_the_identities() {
        let arn = |name: &str| Arn::identity(&format!("arn:aws:ses:eu-west-1:123456789012:{name}")).unwrap();
        let permits = Permits {
            identities: vec![
                arn("identity/example.com"),
                arn("identity/ann@other.example"),
                arn("configuration-set/third.example"),
            ],
            ..Permits::default()
        };
        for address in [
            "a@example.com",
            "A@Example.COM",
            "a@mail.example.com",
            "ann@other.example",
        ] {
            assert!(permits.sends_from(address), "{address}");
            assert_eq!(
                permits.sends_in(address).as_deref(),
                Some("eu-west-1"),
                "{address}"
            );
        }
        for address in [
            "a@evilexample.com",
            "a@example.com.evil",
            "bo@other.example",
            "ann@x.other.example",
            "a@third.example",
            "example.com",
            "",
        ] {
            assert!(!permits.sends_from(address), "{address}");
            assert_eq!(permits.sends_in(address), None, "{address}");
        }
    }

    #[test]
    fn secrets_are_meant_by_arn_or_by_name() {
        let slack = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:team/slack-AbCdEf";
        let flat = "arn:aws:ssm:eu-west-1:123456789012:parameter/flat";
        let deep = "arn:aws:ssm:eu-west-1:123456789012:parameter/a/b";
        let permits = Permits {
            secrets: vec![Arn::secret(slack).unwrap()],
            parameters: [flat, deep].map(|text| Arn::parameter(text).unwrap()).to_vec(),
            ..Permits::default()
        };
        for wanted in [slack, "team/slack"] {
            assert_eq!(
                permits.secret_manager(wanted).map(Arn::as_str),
                Some(slack),
                "{wanted}"
            );
        }
        for wanted in [
            "",
            "slack",
            "team/slack-AbCdEf",
            "team/sla",
            &slack[..slack.len() - 1],
            flat,
        ] {
            assert_eq!(permits.secret_manager(wanted), None, "{wanted}");
        }
        for (wanted, arn) in [("flat", flat), ("/flat", flat), ("/a/b", deep), (deep, deep)] {
            assert_eq!(permits.parameter(wanted).map(Arn::as_str), Some(arn), "{wanted}");
        }
        for wanted in ["", "/a", "/a/b/c", "b", slack] {
            assert_eq!(permits.parameter(wanted), None, "{wanted}");
        }
    }
}
