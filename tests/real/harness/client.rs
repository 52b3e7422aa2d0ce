//! A client that shows what happened on the wire and hides nothing.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::aws::{FakeAws, Operation};

/// How long an answer may take in these tests, if it comes at all.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// What came back.
#[derive(Debug, PartialEq, Eq)]
pub enum Got {
    /// All that the head promised.
    Answer(Answer),
    /// Less than that, then the end of the connection.
    Part { received: usize, promised: usize },
    /// The connection was reset; nothing had come.
    Reset,
    /// The connection was closed; nothing had come.
    Closed,
    /// Nothing came in time.
    Nothing,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
    /// The first time that anything came, and the last.
    pub took: (Duration, Duration),
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }
}

impl Got {
    #[track_caller]
    pub fn answer(self) -> Answer {
        match self {
            Got::Answer(answer) => answer,
            Got::Part { .. } | Got::Reset | Got::Closed | Got::Nothing => panic!("no answer: {self:?}"),
        }
    }

    /// The status and the name of the error, without its name space; an empty name for a success.
    #[track_caller]
    pub fn verdict(self) -> (u16, String) {
        let answer = self.answer();
        let name = match answer.json().get("__type").and_then(Value::as_str) {
            Some(name) => name.rsplit('#').next().unwrap_or_default().to_owned(),
            None => String::new(),
        };
        (answer.status, name)
    }
}

/// Makes a call as an SDK does.
pub fn call(aws: &FakeAws, operation: Operation, body: &Value) -> Got {
    send(aws, &request(operation, &body.to_string()), PATIENCE)
}

/// The bytes of such a call.
pub fn request(operation: Operation, body: &str) -> String {
    request_with(
        operation,
        body,
        Some(&signature(operation.service().signing_name())),
    )
}

pub fn request_with(operation: Operation, body: &str, authorization: Option<&str>) -> String {
    let authorization = match authorization {
        Some(value) => format!("Authorization: {value}\r\n"),
        None => String::new(),
    };
    format!(
        "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Amz-Target: {}\r\nContent-Type: {}\r\n\
         X-Amz-Date: 20260101T000000Z\r\n{authorization}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        operation.target(),
        operation.service().content_type(),
        body.len()
    )
}

pub fn signature(service: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/{service}/aws4_request, \
         SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature={}",
        "0".repeat(64)
    )
}

/// Sends bytes, and reads until the connection ends or `patience` does.
pub fn send(aws: &FakeAws, request: &str, patience: Duration) -> Got {
    let stream = TcpStream::connect(aws.http_address()).expect("a connection");
    stream.set_read_timeout(Some(patience)).expect("a socket");
    exchange(stream, request)
}

pub fn exchange(mut stream: impl Read + Write, request: &str) -> Got {
    let started = Instant::now();
    let (mut bytes, mut times) = (Vec::new(), Vec::new());
    // A reset may come while the request is being written.
    let written = stream.write_all(request.as_bytes()).and_then(|()| stream.flush());
    let mut end = written.err().map(|error| error.kind());
    let mut buffer = [0; 4_096];
    while end.is_none() {
        match stream.read(&mut buffer) {
            Ok(0) => end = Some(ErrorKind::UnexpectedEof),
            Ok(count) => {
                times.push(started.elapsed());
                bytes.extend(buffer.iter().take(count));
            }
            Err(error) => end = Some(error.kind()),
        }
    }
    let text = String::from_utf8(bytes).expect("UTF-8");
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return match end {
            Some(ErrorKind::WouldBlock | ErrorKind::TimedOut) => Got::Nothing,
            Some(ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted) => {
                Got::Reset
            }
            Some(_) | None => Got::Closed,
        };
    };
    let mut lines = head.lines();
    let status = lines
        .next()
        .and_then(|line| line.split(' ').nth(1))
        .expect("a status");
    let headers: Vec<(String, String)> = lines
        .map(|line| line.split_once(": ").expect("a header"))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let promised = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .expect("a length");
    let promised: usize = promised.1.parse().expect("a number");
    if body.len() < promised {
        return Got::Part {
            received: body.len(),
            promised,
        };
    }
    Got::Answer(Answer {
        status: status.parse().expect("a number"),
        headers,
        body: body.to_owned(),
        took: (
            times.first().copied().unwrap_or_default(),
            times.last().copied().unwrap_or_default(),
        ),
    })
}
