//! The presigned URLs that CloudFormation hands out: of its own buckets, and of nobody else's.
//!
//! The service sends requests to hosts that stand in links. So the host of such a URL is compared with the few that
//! CloudFormation's buckets have, letter by letter; nothing of it is interpreted.

use crate::https_url::HttpsUrl;
use jiff::civil::DateTime;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use std::fmt;

/// Longest URL, in characters. One that was signed with temporary credentials has about 1,700.
pub const MAX_URL_CHARS: usize = 3_000;
/// A signature of version 4 is good for at most a week.
const MAX_EXPIRES: u64 = 604_800;

/// Whose bucket a URL must be of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bucket {
    /// Of wait conditions: its name ends with the region.
    WaitCondition,
    /// Of custom resources: its name ends with the region without its hyphens.
    CustomResource,
}

/// A presigned URL of one of CloudFormation's buckets. Whoever has it may answer, so it is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct PresignedUrl {
    url: HttpsUrl,
    region: String,
    signed_at: Option<u64>,
    ends_at: u64,
}

impl PresignedUrl {
    /// Reads a URL of a bucket of this kind.
    ///
    /// # Errors
    /// A sentence for the author, without the URL.
    pub fn parse(text: &str, bucket: Bucket) -> Result<Self, &'static str> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?&=%+,;@!$()*".contains(&byte);
        if text.len() > MAX_URL_CHARS {
            return Err("is longer than any URL of CloudFormation");
        }
        let rest = text.strip_prefix("https://").ok_or("must begin with https://")?;
        if !rest.bytes().all(is_plain) {
            return Err("holds characters that no presigned URL has");
        }
        let (host, path_and_query) = rest.split_once('/').ok_or(FOREIGN)?;
        let (path, query) = path_and_query.split_once('?').ok_or("has no signature")?;
        let region = region_of(path).ok_or("must lead to a stack: /arn%3Aaws%3Acloudformation%3A…")?;
        if !hosts(bucket, &region).iter().any(|known| known == host) {
            return Err(FOREIGN);
        }
        let (signed_at, ends_at) = times_of(query)?;
        let url = HttpsUrl::parse(text)?;
        // What is sent later is what was looked at here.
        match url.as_str() == text {
            true => Ok(Self {
                url,
                region,
                signed_at,
                ends_at,
            }),
            false => Err("is not in its simplest form"),
        }
    }

    /// The URL, as it was given.
    pub fn as_str(&self) -> &str {
        self.url.as_str()
    }

    /// The URL, for the one request that needs it.
    pub const fn as_https(&self) -> &HttpsUrl {
        &self.url
    }

    /// Whether its bucket and stack are in this region. Names of regions can be made up, and so can buckets that have them in
    /// their names; the region of a deployment cannot.
    ///
    /// # Errors
    /// A sentence for the author.
    pub fn check_region(&self, region: &str) -> Result<(), &'static str> {
        match self.region == region {
            true => Ok(()),
            false => Err("must be of a stack in the region of this deployment"),
        }
    }

    /// When it was signed, in Unix seconds; a signature of version 2 does not say.
    pub const fn signed_at(&self) -> Option<u64> {
        self.signed_at
    }

    /// From when on its signature does not count, in Unix seconds.
    pub const fn ends_at(&self) -> u64 {
        self.ends_at
    }
}

impl fmt::Debug for PresignedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PresignedUrl(redacted)")
    }
}

const FOREIGN: &str = "must be on a host of CloudFormation's own buckets, in the region of its stack";

/// The hosts of a bucket, as S3 has had them over time.
fn hosts(bucket: Bucket, region: &str) -> Vec<String> {
    let name = match bucket {
        Bucket::WaitCondition => format!("cloudformation-waitcondition-{region}"),
        Bucket::CustomResource => {
            format!(
                "cloudformation-custom-resource-response-{}",
                region.replace('-', "")
            )
        }
    };
    if region.starts_with("cn-") {
        return vec![format!("{name}.s3.{region}.amazonaws.com.cn")];
    }
    if region.starts_with("us-gov-") {
        // The host without a region leads to the buckets of the commercial partition only.
        return vec![
            format!("{name}.s3-{region}.amazonaws.com"),
            format!("{name}.s3.{region}.amazonaws.com"),
        ];
    }
    vec![
        format!("{name}.s3.amazonaws.com"),
        format!("{name}.s3-{region}.amazonaws.com"),
        format!("{name}.s3.{region}.amazonaws.com"),
        format!("{name}.s3.dualstack.{region}.amazonaws.com"),
    ]
}

/// The region of the stack whose ARN begins the path; its partition must be that of the region.
fn region_of(path: &str) -> Option<String> {
    let path = percent_encoding::percent_decode_str(path).decode_utf8().ok()?;
    let (arn, _) = path.split_once('/')?;
    let [partition, region, account] = match arn.split(':').collect::<Vec<_>>().as_slice() {
        ["arn", partition, "cloudformation", region, account, "stack"] => [*partition, *region, *account],
        _ => return None,
    };
    let of_region = match region.split('-').collect::<Vec<_>>().as_slice() {
        ["cn", ..] => "aws-cn",
        ["us", "gov", ..] => "aws-us-gov",
        _ => "aws",
    };
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    (is_region(region) && is_account && partition == of_region).then(|| region.to_owned())
}

/// `eu-central-1`, and nothing that merely has hyphens: bucket names that begin as CloudFormation's do are free for
/// anybody to take.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let is_word = |part: &str| part.len() >= 2 && part.bytes().all(|byte| byte.is_ascii_lowercase());
    match parts.as_slice() {
        [area, words @ .., number] => {
            area.len() == 2
                && is_word(area)
                && (1..=2).contains(&words.len())
                && words.iter().all(|word| is_word(word))
                && matches!(number.as_bytes(), [b'1'..=b'9'])
        }
        _ => false,
    }
}

/// When it was signed, if it says so, and its end: of a query as Signature Version 4 or 2 has it.
fn times_of(query: &str) -> Result<(Option<u64>, u64), &'static str> {
    let mut seen: Vec<(&str, &str)> = Vec::new();
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if seen.iter().any(|(other, _)| other.eq_ignore_ascii_case(name)) {
            return Err("has a parameter twice");
        }
        seen.push((name, value));
    }
    let value = |wanted: &str| {
        seen.iter()
            .find(|(name, _)| *name == wanted)
            .map(|(_, value)| *value)
    };
    let unsigned = "has no signature of Amazon S3";
    match (value("X-Amz-Signature"), value("Signature")) {
        (Some(_), None) => {
            value("X-Amz-Credential").ok_or(unsigned)?;
            if value("X-Amz-SignedHeaders") != Some("host") {
                return Err("has a signature over headers that are not sent");
            }
            let from = value("X-Amz-Date").and_then(seconds_of_date).ok_or(unsigned)?;
            let lasts = value("X-Amz-Expires").and_then(number).ok_or(unsigned)?;
            match lasts {
                1..=MAX_EXPIRES => Ok((Some(from), from + lasts)),
                _ => Err(unsigned),
            }
        }
        (None, Some(_)) => {
            value("AWSAccessKeyId").ok_or(unsigned)?;
            let end = value("Expires").and_then(number).ok_or(unsigned)?;
            Ok((None, end))
        }
        (None, None) | (Some(_), Some(_)) => Err(unsigned),
    }
}

fn number(text: &str) -> Option<u64> {
    let is_number = (1..=11).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

/// `20261121T140000Z`
fn seconds_of_date(text: &str) -> Option<u64> {
    if text.len() != 16 {
        return None; // the parser below would take other widths
    }
    let parsed = strtime::parse("%Y%m%dT%H%M%SZ", text).ok()?;
    let at: DateTime = parsed.to_datetime().ok()?;
    let at = TimeZone::UTC.to_timestamp(at).ok()?;
    u64::try_from(at.as_second()).ok()
}

/// The path of a URL that was checked, decoded.
pub(super) fn decoded_path(url: &str) -> Option<String> {
    let (_, rest) = url.strip_prefix("https://")?.split_once('/')?;
    let (path, _) = rest.split_once('?')?;
    let path = percent_encoding::percent_decode_str(path).decode_utf8().ok()?;
    Some(format!("/{path}"))
}

#[cfg(test)]
mod tests;
