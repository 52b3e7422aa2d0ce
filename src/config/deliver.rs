//! The settings of `deliver`: what may be used, and where the services are.

use super::Reader;
use crate::deliver::Permits;
use crate::deliver::permits::{Arn, Host};

/// Where the services that deliver are, if not where the SDK thinks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeliverEndpoints {
    /// `AWS_ENDPOINT_URL_SNS` or `AWS_ENDPOINT_URL`.
    pub sns: Option<String>,
    /// `AWS_ENDPOINT_URL_SESV2` or `AWS_ENDPOINT_URL`.
    pub ses: Option<String>,
    /// `AWS_ENDPOINT_URL_EVENTBRIDGE` or `AWS_ENDPOINT_URL`.
    pub events: Option<String>,
    /// `AWS_ENDPOINT_URL_EVENTBRIDGEV2` or `AWS_ENDPOINT_URL`.
    pub second_events: Option<String>,
    /// `AWS_ENDPOINT_URL_SECRETS_MANAGER` or `AWS_ENDPOINT_URL`.
    pub secrets: Option<String>,
    /// `AWS_ENDPOINT_URL_SSM` or `AWS_ENDPOINT_URL`.
    pub parameters: Option<String>,
}

impl Reader<'_> {
    pub(super) fn permits(&self) -> Permits {
        Permits {
            topics: self.list("DELIVER_TOPIC_ARNS", Arn::topic),
            identities: self.list("DELIVER_IDENTITY_ARNS", Arn::identity),
            buses: self.list("DELIVER_EVENT_BUS_ARNS", Arn::bus),
            secrets: self.list("DELIVER_SECRET_ARNS", Arn::secret),
            parameters: self.list("DELIVER_PARAMETER_ARNS", Arn::parameter),
            hosts: self.list("DELIVER_HOSTS", Host::parse),
        }
    }

    pub(super) fn deliver_endpoints(&self) -> DeliverEndpoints {
        DeliverEndpoints {
            sns: self.endpoint("AWS_ENDPOINT_URL_SNS"),
            ses: self.endpoint("AWS_ENDPOINT_URL_SESV2"),
            events: self.endpoint("AWS_ENDPOINT_URL_EVENTBRIDGE"),
            second_events: self.endpoint("AWS_ENDPOINT_URL_EVENTBRIDGEV2"),
            secrets: self.endpoint("AWS_ENDPOINT_URL_SECRETS_MANAGER"),
            parameters: self.endpoint("AWS_ENDPOINT_URL_SSM"),
        }
    }

    /// Values with commas between; the first that is wrong is reported.
    fn list<T>(&self, name: &'static str, parse: impl Fn(&str) -> Result<T, &'static str>) -> Vec<T> {
        let text = self.text(name).unwrap_or_default();
        let values = text.split(',').map(str::trim).filter(|text| !text.is_empty());
        let values: Result<Vec<T>, &'static str> = values.map(parse).collect();
        values.unwrap_or_else(|what| self.problem(name, what))
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    fn read(name: &str, value: &str) -> Result<Config, Vec<String>> {
        let vars = [("AWS_REGION", "eu-central-1"), (name, value)];
        let find = |wanted: &str| vars.iter().find(|(name, _)| *name == wanted);
        Config::from_vars(|name| find(name).map(|(_, value)| (*value).to_owned()))
            .map_err(|problems| problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn lists_are_read_whole_or_reported() {
        const TOPIC: &str = "arn:aws:sns:eu-central-1:123456789012:approvals";
        let config = read("DELIVER_TOPIC_ARNS", &format!("{TOPIC}, {TOPIC}2 ,")).unwrap();
        let topics: Vec<&str> = config.permits.topics.iter().map(|arn| arn.as_str()).collect();
        assert_eq!(topics, [TOPIC.to_owned(), format!("{TOPIC}2")]);
        assert_eq!(read("DELIVER_HOSTS", "").unwrap().permits, Default::default());
        for (name, value) in [
            ("DELIVER_TOPIC_ARNS", format!("{TOPIC},approvals")),
            ("DELIVER_IDENTITY_ARNS", TOPIC.to_owned()),
            ("DELIVER_EVENT_BUS_ARNS", "default".to_owned()),
            ("DELIVER_SECRET_ARNS", "slack".to_owned()),
            ("DELIVER_PARAMETER_ARNS", "/slack".to_owned()),
            ("DELIVER_HOSTS", "https://hooks.example.com".to_owned()),
        ] {
            let problems = read(name, &value).unwrap_err();
            assert!(
                problems.len() == 1 && problems[0].starts_with(&format!("{name}: must be")),
                "{problems:?}"
            );
        }
    }
}
