//! One HTTP request as the raw event of each front door, and each door's answer as one HTTP response.
//!
//! Shapes: Lambda developer guide, "Using AWS Lambda with Amazon API Gateway" and "Lambda function URLs"; API
//! Gateway developer guide, "Input format of a Lambda function for proxy integration" and "Working with AWS Lambda
//! proxy integrations for HTTP APIs".

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

/// How a request came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// A REST API with proxy integration (payload 1.0).
    Rest,
    /// An HTTP API (payload 2.0), stage `$default`.
    HttpApi,
    /// A Lambda function URL (payload 2.0).
    FunctionUrl,
}

/// A request as a browser or a script sends it.
#[derive(Clone, Debug)]
pub struct HttpRequest {
    pub method: String,
    /// Without the stage.
    pub path: String,
    /// As it stands behind the `?`, still encoded.
    pub raw_query: String,
    /// In the order and letter case as sent; a name may come more than once. `Host` is added.
    pub headers: Vec<(String, String)>,
    pub body: Option<Vec<u8>>,
    /// Whether the door takes the body for binary and encodes it. One that is not UTF-8 always is.
    pub base64: bool,
    pub host: Option<String>,
    /// The stage of a REST API.
    pub stage: String,
    pub source_ip: String,
}

/// A response as the visitor sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpAnswer {
    pub status: u16,
    /// Names in lower case, in the order of the answer.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// Longest request line and headers that API Gateway takes, and headers that it gives, in bytes.
const MAX_HEADER_BYTES: usize = 10_240;

impl HttpRequest {
    pub fn new(method: &str, path: &str) -> Self {
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            raw_query: String::new(),
            headers: Vec::new(),
            body: None,
            base64: false,
            host: None,
            stage: "v1".to_owned(),
            source_ip: "198.51.100.7".to_owned(),
        }
    }

    /// A request for a URL of ours, such as `https://host/v1/respond?data=…`; the stage is cut off.
    pub fn for_url(method: &str, url: &str) -> Self {
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let (before_query, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (host, path) = before_query.split_once('/').unwrap_or((before_query, ""));
        let mut request = Self::new(method, &format!("/{path}"));
        if let Some(path) = path.strip_prefix("v1/") {
            request.path = format!("/{path}");
        }
        request.host = Some(host.to_owned());
        request.raw_query = query.to_owned();
        request
    }

    /// Adds a parameter, percent-encoded.
    #[must_use]
    pub fn query(mut self, name: &str, value: &str) -> Self {
        if !self.raw_query.is_empty() {
            self.raw_query.push('&');
        }
        self.raw_query
            .push_str(&format!("{}={}", percent_encode(name), percent_encode(value)));
        self
    }

    #[must_use]
    pub fn raw_query(mut self, raw: &str) -> Self {
        raw.clone_into(&mut self.raw_query);
        self
    }

    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    #[must_use]
    pub fn body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self.header("Content-Type", content_type)
    }

    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    #[must_use]
    pub fn in_base64(mut self) -> Self {
        self.base64 = true;
        self
    }

    /// The decoded parameters, in order.
    fn parameters(&self) -> Vec<(String, String)> {
        let pairs = self.raw_query.split('&').filter(|pair| !pair.is_empty());
        pairs
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .map(|(name, value)| (percent_decode(name), percent_decode(value)))
            .collect()
    }

    /// `body` and `isBase64Encoded`; with `text_types_only`, text of another content type is encoded, too.
    fn encoded_body(&self, text_types_only: bool) -> (Value, bool) {
        let Some(bytes) = &self.body else {
            return (Value::Null, false);
        };
        match std::str::from_utf8(bytes) {
            Ok(text) if !self.base64 && (!text_types_only || self.is_text()) => (text.into(), false),
            Ok(_) | Err(_) => (STANDARD.encode(bytes).into(), true),
        }
    }

    /// What payload 2.0 takes for text; a form it does not.
    fn is_text(&self) -> bool {
        let content_type = self
            .own_header("content-type")
            .unwrap_or("text/plain")
            .to_lowercase();
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        let known = ["application/json", "application/xml", "application/javascript"];
        media_type.starts_with("text/") || media_type.ends_with("+json") || known.contains(&media_type)
    }

    fn own_header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    fn user_agent(&self) -> Value {
        self.own_header("user-agent").map_or(Value::Null, Value::from)
    }

    fn all_headers(&self, host: &str, port: &str) -> Vec<(String, String)> {
        let mut headers = self.headers.clone();
        for (name, value) in [
            ("Host", host),
            ("X-Amzn-Trace-Id", "Root=1-65f0a1b2-4c3d2e1f0a9b8c7d6e5f4a3b"),
            ("X-Forwarded-For", self.source_ip.as_str()),
            ("X-Forwarded-Port", port),
            ("X-Forwarded-Proto", "https"),
        ] {
            if !headers.iter().any(|(own, _)| own.eq_ignore_ascii_case(name)) {
                headers.push((name.to_owned(), value.to_owned()));
            }
        }
        headers
    }
}

impl Door {
    pub const ALL: [Self; 3] = [Self::Rest, Self::HttpApi, Self::FunctionUrl];

    /// The event that a function gets for this request.
    pub fn event(self, request: &HttpRequest) -> Value {
        match self {
            Door::Rest => rest_event(request),
            Door::HttpApi => {
                let host = "h7t8t9p0aa.execute-api.us-east-1.amazonaws.com";
                version_2_event(request, host, "123456789012", "h7t8t9p0aa", &route_of(request))
            }
            Door::FunctionUrl => {
                let id = "fn4url5aaaabbbbccccddddeeeeffff00";
                let host = format!("{id}.lambda-url.us-east-1.on.aws");
                version_2_event(request, &host, "anonymous", id, "$default")
            }
        }
    }

    /// What the visitor gets for a function's answer; an error where the door would say 502.
    pub fn read(self, answer: &Value) -> Result<HttpAnswer, String> {
        let fields = answer.as_object().ok_or("the answer is no object")?;
        let status = fields
            .get("statusCode")
            .and_then(Value::as_u64)
            .ok_or("no statusCode")?;
        let status = u16::try_from(status)
            .ok()
            .filter(|status| (200..=599).contains(status));
        let status = status.ok_or("an impossible statusCode")?;
        let (known, headers): (&[&str], _) = match self {
            Door::Rest => (
                &[
                    "statusCode",
                    "headers",
                    "multiValueHeaders",
                    "body",
                    "isBase64Encoded",
                ],
                rest_headers(fields)?,
            ),
            Door::HttpApi | Door::FunctionUrl => {
                // `multiValueHeaders` is ignored by these doors; an empty one does no harm.
                let multiple = fields.get("multiValueHeaders").and_then(Value::as_object);
                if multiple.is_some_and(|multiple| !multiple.is_empty()) {
                    return Err("multiValueHeaders in payload 2.0".to_owned());
                }
                let known = &[
                    "statusCode",
                    "headers",
                    "multiValueHeaders",
                    "cookies",
                    "body",
                    "isBase64Encoded",
                ];
                (known, version_2_headers(fields)?)
            }
        };
        if let Some(field) = fields.keys().find(|field| !known.contains(&field.as_str())) {
            return Err(format!("unknown field {field}"));
        }
        if headers
            .iter()
            .map(|(name, value)| name.len() + value.len() + 4)
            .sum::<usize>()
            > MAX_HEADER_BYTES
        {
            return Err(format!("headers are longer than {MAX_HEADER_BYTES} bytes"));
        }
        let encoded = match fields.get("isBase64Encoded") {
            None | Some(Value::Bool(false)) => false,
            Some(Value::Bool(true)) => true,
            Some(_) => return Err("isBase64Encoded is no boolean".to_owned()),
        };
        let body = match (fields.get("body"), encoded) {
            (None | Some(Value::Null), _) => Vec::new(),
            (Some(Value::String(text)), false) => text.clone().into_bytes(),
            (Some(Value::String(text)), true) => {
                STANDARD.decode(text).map_err(|_| "a body that is not base64")?
            }
            (Some(_), _) => return Err("body is no string".to_owned()),
        };
        Ok(HttpAnswer {
            status,
            headers,
            body,
        })
    }
}

impl HttpAnswer {
    /// The first header of this name (in lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, value)| value.as_str())
    }

    #[track_caller]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a body in UTF-8")
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("a body in JSON")
    }
}

/// The payload of a direct invocation that asks for links: the bare object, without any HTTP.
pub fn direct_event(token: &str, actions: &Value) -> Value {
    json!({ "token": token, "actions": actions })
}

fn rest_event(request: &HttpRequest) -> Value {
    let default_host = "r1e2s3t4aa.execute-api.us-east-1.amazonaws.com";
    let host = request.host.as_deref().unwrap_or(default_host);
    let headers = request.all_headers(host, "443");
    let parameters = request.parameters();
    let (body, is_base64) = request.encoded_body(false);
    json!({
        "resource": request.path,
        "path": request.path,
        "httpMethod": request.method,
        "headers": last_values(&headers),
        "multiValueHeaders": all_values(&headers),
        "queryStringParameters": null_if_empty(last_values(&parameters)),
        "multiValueQueryStringParameters": null_if_empty(all_values(&parameters)),
        "pathParameters": null,
        "stageVariables": null,
        "requestContext": {
            "resourceId": "r3s0rc",
            "resourcePath": request.path,
            "httpMethod": request.method,
            "extendedRequestId": "Xy1zAbcDeFGhIJk=",
            "requestTime": "01/Jan/2026:00:00:00 +0000",
            "path": format!("/{}{}", request.stage, request.path),
            "accountId": "123456789012",
            "protocol": "HTTP/1.1",
            "stage": request.stage,
            "domainPrefix": host.split('.').next(),
            "requestTimeEpoch": 1_767_225_600_000_u64,
            "requestId": "5b1f0c9e-7a52-4f0e-9d8c-1f2e3d4c5b6a",
            "identity": {
                "cognitoIdentityPoolId": null,
                "accountId": null,
                "cognitoIdentityId": null,
                "caller": null,
                "sourceIp": request.source_ip,
                "principalOrgId": null,
                "accessKey": null,
                "cognitoAuthenticationType": null,
                "cognitoAuthenticationProvider": null,
                "userArn": null,
                "userAgent": request.user_agent(),
                "user": null,
            },
            "domainName": host,
            "deploymentId": "d3pl0y",
            "apiId": "r1e2s3t4aa",
        },
        "body": body,
        "isBase64Encoded": is_base64,
    })
}

fn route_of(request: &HttpRequest) -> String {
    format!("{} {}", request.method, request.path)
}

fn version_2_event(
    request: &HttpRequest,
    default_host: &str,
    account: &str,
    api_id: &str,
    route: &str,
) -> Value {
    let host = request.host.as_deref().unwrap_or(default_host);
    let (cookies, headers): (Vec<_>, Vec<_>) = request
        .all_headers(host, "443")
        .into_iter()
        .partition(|(name, _)| name.eq_ignore_ascii_case("cookie"));
    let lower: Vec<(String, String)> = headers
        .into_iter()
        .map(|(name, value)| (name.to_lowercase(), value))
        .collect();
    let length = request
        .body
        .as_ref()
        .map(|body| ("content-length".to_owned(), body.len().to_string()));
    let lower: Vec<(String, String)> = lower.into_iter().chain(length).collect();
    let parameters = request.parameters();
    let (body, is_base64) = request.encoded_body(true);
    let mut event = json!({
        "version": "2.0",
        "routeKey": route,
        "rawPath": request.path,
        "rawQueryString": request.raw_query,
        "headers": joined_values(&lower),
        "requestContext": {
            "accountId": account,
            "apiId": api_id,
            "domainName": host,
            "domainPrefix": host.split('.').next(),
            "http": {
                "method": request.method,
                "path": request.path,
                "protocol": "HTTP/1.1",
                "sourceIp": request.source_ip,
                "userAgent": request.user_agent(),
            },
            "requestId": "e1506fd5-9e7b-434f-bd42-4f8fa224b599",
            "routeKey": route,
            "stage": "$default",
            "time": "01/Jan/2026:00:00:00 +0000",
            "timeEpoch": 1_767_225_600_000_u64,
        },
        "isBase64Encoded": is_base64,
    });
    let mut add = |name: &str, value: Value| {
        if let Some(fields) = event.as_object_mut() {
            fields.insert(name.to_owned(), value);
        }
    };
    // Fields without content are left out here, where a REST API says null.
    if !cookies.is_empty() {
        let cookies = cookies.iter().flat_map(|(_, value)| value.split("; "));
        add("cookies", cookies.collect::<Vec<_>>().into());
    }
    if !parameters.is_empty() {
        add("queryStringParameters", joined_values(&parameters));
    }
    if !body.is_null() {
        add("body", body);
    }
    event
}

fn last_values(pairs: &[(String, String)]) -> Value {
    let last: Map<String, Value> = pairs
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().into()))
        .collect();
    last.into()
}

fn all_values(pairs: &[(String, String)]) -> Value {
    gathered(pairs)
        .map(|(name, values)| (name, values.into()))
        .collect::<Map<_, _>>()
        .into()
}

fn joined_values(pairs: &[(String, String)]) -> Value {
    gathered(pairs)
        .map(|(name, values)| (name, values.join(",").into()))
        .collect::<Map<_, _>>()
        .into()
}

/// Every name once, in order of its first appearance, with all its values.
fn gathered(pairs: &[(String, String)]) -> impl Iterator<Item = (String, Vec<String>)> {
    let mut gathered: Vec<(String, Vec<String>)> = Vec::new();
    for (name, value) in pairs {
        match gathered.iter_mut().find(|(own, _)| own == name) {
            Some((_, values)) => values.push(value.clone()),
            None => gathered.push((name.clone(), vec![value.clone()])),
        }
    }
    gathered.into_iter()
}

fn null_if_empty(value: Value) -> Value {
    match value.as_object() {
        Some(fields) if fields.is_empty() => Value::Null,
        Some(_) | None => value,
    }
}

/// Both maps together; where a name is in both, only `multiValueHeaders` counts.
fn rest_headers(fields: &Map<String, Value>) -> Result<Vec<(String, String)>, String> {
    let mut headers = Vec::new();
    let multiple = object(fields, "multiValueHeaders")?;
    for (name, value) in object(fields, "headers")? {
        if !multiple.keys().any(|own| own.eq_ignore_ascii_case(name)) {
            headers.push(header(name, value)?);
        }
    }
    for (name, values) in multiple {
        for value in values
            .as_array()
            .ok_or_else(|| format!("multiValueHeaders.{name} is no array"))?
        {
            headers.push(header(name, value)?);
        }
    }
    Ok(headers)
}

fn version_2_headers(fields: &Map<String, Value>) -> Result<Vec<(String, String)>, String> {
    let mut headers = Vec::new();
    for (name, value) in object(fields, "headers")? {
        headers.push(header(name, value)?);
    }
    match fields.get("cookies") {
        None | Some(Value::Null) => {}
        Some(Value::Array(cookies)) => {
            for cookie in cookies {
                headers.push(header("set-cookie", cookie)?);
            }
        }
        Some(_) => return Err("cookies is no array".to_owned()),
    }
    Ok(headers)
}

fn object<'a>(fields: &'a Map<String, Value>, name: &str) -> Result<&'a Map<String, Value>, String> {
    static EMPTY: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    match fields.get(name) {
        None | Some(Value::Null) => Ok(&EMPTY),
        Some(Value::Object(found)) => Ok(found),
        Some(_) => Err(format!("{name} is no object")),
    }
}

fn header(name: &str, value: &Value) -> Result<(String, String), String> {
    let value = value
        .as_str()
        .ok_or_else(|| format!("header {name} is no string"))?;
    let name_fits = !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !name_fits || value.chars().any(char::is_control) {
        return Err(format!("header {name} has impossible characters"));
    }
    Ok((name.to_lowercase(), value.to_owned()))
}

fn percent_encode(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

/// As a door decodes a query: `+` is a blank, a broken escape stands for itself.
fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escaped = after.split_first_chunk::<2>().and_then(|(digits, after)| {
            let digits = std::str::from_utf8(digits)
                .ok()
                .filter(|digits| !digits.starts_with('+'))?;
            Some((u8::from_str_radix(digits, 16).ok()?, after))
        });
        (rest, _) = match (first, escaped) {
            (b'%', Some((byte, after))) => (after, bytes.push(byte)),
            (b'+', _) => (after, bytes.push(b' ')),
            (byte, _) => (after, bytes.push(*byte)),
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
