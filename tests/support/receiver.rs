//! A host of the outside world, on 127.0.0.1: takes requests over TLS, keeps them, and answers as it is told.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::tls::{self, AuthorityFile, Identity};

/// What a receiver does with a request.
#[derive(Clone, Debug)]
pub enum Behaviour {
    /// Answers with these bytes, and ends.
    Answer(Vec<u8>),
    /// Reads, and ends without a word.
    HangUp,
    /// Reads, and never answers.
    Silence,
    /// Answers with the first bytes, and then sends one byte a second of the second ones.
    Trickle(Vec<u8>, Vec<u8>),
}

impl Behaviour {
    /// A whole answer with a short body.
    pub fn status(status: &str, body: &str) -> Self {
        Self::with_headers(status, "", body)
    }

    /// `headers` are whole lines, each with its CRLF.
    pub fn with_headers(status: &str, headers: &str, body: &str) -> Self {
        let length = body.len();
        Self::Answer(
            format!(
                "HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            )
            .into_bytes(),
        )
    }
}

/// A request as it was read.
#[derive(Clone, Debug, Default)]
pub struct Received {
    /// Request line and headers, as they were sent.
    pub head: String,
    /// As long as Content-Length says.
    pub body: Vec<u8>,
}

impl Received {
    /// The value of a header that is there once.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.head.lines().skip(1).filter_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        });
        let value = values.next();
        assert!(values.next().is_none(), "{name} is there once");
        value
    }
}

/// A running receiver. It ends with the runtime that it was started in.
pub struct Receiver {
    address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
    authority: AuthorityFile,
}

impl Receiver {
    /// Starts one with a certificate for these names; it answers the requests in turn, the last behaviour for good.
    pub async fn start(names: &[&str], identity: Identity, behaviours: Vec<Behaviour>) -> Self {
        let (acceptor, authority) = tls::acceptor(names, identity);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let received: Arc<Mutex<Vec<Received>>> = Arc::default();
        let kept = received.clone();
        tokio::spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else {
                    return;
                };
                let (acceptor, kept, behaviours) = (acceptor.clone(), kept.clone(), behaviours.clone());
                tokio::spawn(async move {
                    let Ok(mut stream) = acceptor.accept(stream).await else {
                        return;
                    };
                    let Some(request) = read(&mut stream).await else {
                        return;
                    };
                    let number = {
                        let mut kept = kept.lock().expect("nobody panics here");
                        kept.push(request);
                        kept.len() - 1
                    };
                    let behaviour = behaviours.get(number).or(behaviours.last()).expect("a behaviour");
                    act(behaviour, &mut stream).await;
                });
            }
        });
        Self {
            address,
            received,
            authority,
        }
    }

    /// For `HTTPS_CONNECT_TO`.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// For `SSL_CERT_FILE`.
    pub fn authority(&self) -> &Path {
        self.authority.path()
    }

    /// Everything that was read so far.
    pub fn received(&self) -> Vec<Received> {
        self.received.lock().expect("nobody panics here").clone()
    }
}

async fn read(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> Option<Received> {
    let mut bytes = Vec::new();
    loop {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
            continue;
        };
        let (head, body) = bytes.split_at(end);
        let received = Received {
            head: String::from_utf8(head.to_vec()).expect("headers are text"),
            body: body.iter().skip(4).copied().collect(),
        };
        let length: usize = received
            .header("content-length")
            .map_or(0, |text| text.parse().expect("a length"));
        if received.body.len() >= length {
            return Some(received);
        }
    }
}

async fn act(behaviour: &Behaviour, stream: &mut (impl tokio::io::AsyncWrite + Unpin)) {
    match behaviour {
        Behaviour::Answer(bytes) => {
            let _ = stream.write_all(bytes).await;
            let _ = stream.shutdown().await;
        }
        Behaviour::HangUp => {}
        Behaviour::Silence => tokio::time::sleep(Duration::from_secs(60)).await,
        Behaviour::Trickle(first, rest) => {
            let _ = stream.write_all(first).await;
            for byte in rest {
                tokio::time::sleep(Duration::from_secs(1)).await;
                if stream.write_all(&[*byte]).await.is_err() || stream.flush().await.is_err() {
                    return;
                }
            }
        }
    }
}
