//! The services besides KMS and Step Functions: they do what they are asked once, keep their connections, and write down every
//! request that they read.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use crate::support::tls::{self, AuthorityFile, Identity};

/// A secret of a receiver, as Parameter Store has it.
pub const RECEIVER: &str = "whsec_Y2FuYXJ5LWNhbmFyeS1jYW5hcnktY2FuYXJ5LWI=";

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// SendDurableExecutionCallback*.
    Callback,
    /// PutApprovalResult.
    Approval,
    /// SendAutomationSignal.
    Signal,
    /// An object in one of CloudFormation's buckets.
    Object,
    Topic,
    Mail,
    Event,
    Webhook,
    /// GetParameter.
    Parameter,
}

/// A request that was read.
#[derive(Clone, Debug)]
pub struct Record {
    pub what: What,
    /// Of what waits: the callback id, the token, the execution or the path.
    pub key: String,
    pub body: String,
    /// Whether it had its effect.
    pub taken: bool,
}

#[derive(Default)]
struct State {
    records: Vec<Record>,
    /// After the next request of this kind, the connection ends without an answer.
    lost: Option<What>,
}

pub struct Services {
    http: SocketAddr,
    https: SocketAddr,
    state: Arc<Mutex<State>>,
    authority: AuthorityFile,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Services {
    /// `hosts` are asked by HTTPS.
    pub fn start(hosts: &[&str]) -> Self {
        let (acceptor, authority) = tls::acceptor(hosts, Identity::Trusted);
        let [http, https] = [(); 2].map(|()| {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
            listener.set_nonblocking(true).expect("a socket");
            listener
        });
        let addresses = [&http, &https].map(|listener| listener.local_addr().expect("an address"));
        let state = Arc::<Mutex<State>>::default();
        let (stop, mut stopped) = watch::channel(false);
        let for_thread = Arc::clone(&state);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async {
                tokio::select! {
                    () = accept(http, None, &for_thread) => {}
                    () = accept(https, Some(acceptor), &for_thread) => {}
                    _ = stopped.changed() => {}
                }
            });
        });
        let [http, https] = addresses;
        Self {
            http,
            https,
            state,
            authority,
            stop,
            thread: Some(thread),
        }
    }

    pub fn http(&self) -> SocketAddr {
        self.http
    }

    pub fn https(&self) -> SocketAddr {
        self.https
    }

    pub fn authority(&self) -> &Path {
        self.authority.path()
    }

    /// What was read for one key.
    pub fn records_of(&self, what: What, key: &str) -> Vec<Record> {
        let state = locked(&self.state);
        let own = |record: &&Record| record.what == what && record.key == key;
        state.records.iter().filter(own).cloned().collect()
    }

    /// All that was read of a kind.
    pub fn records(&self, what: What) -> Vec<Record> {
        let state = locked(&self.state);
        let own = |record: &&Record| record.what == what;
        state.records.iter().filter(own).cloned().collect()
    }

    /// The answer to the next request of this kind gets lost.
    pub fn lose(&self, what: What) {
        locked(&self.state).lost = Some(what);
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, state: &Arc<Mutex<State>>) {
    let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        let _ = stream.set_nodelay(true);
        let (tls, state) = (tls.clone(), Arc::clone(state));
        tokio::spawn(async move {
            match tls {
                None => serve(stream, state).await,
                Some(acceptor) => {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        serve(stream, state).await;
                    }
                }
            }
        });
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, state: Arc<Mutex<State>>) {
    let service = service_fn(|request| answer(&state, request));
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

/// The answer, or an error that ends the connection.
async fn answer(state: &Mutex<State>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, String> {
    let (head, body) = request.into_parts();
    let body = body
        .collect()
        .await
        .map_err(|error| error.to_string())?
        .to_bytes();
    let body = String::from_utf8_lossy(&body).into_owned();
    let path = head.uri.path();
    if (head.method == Method::GET) && path == "/ping" {
        return Ok(response(200, "", "healthy"));
    }
    let target = head
        .headers
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok());
    let json: Value = serde_json::from_str(&body).unwrap_or_default();
    let field = |name: &str| {
        json.get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let (what, key) = match target.unwrap_or_default() {
        "CodePipeline_20150709.PutApprovalResult" => (What::Approval, field("token")),
        "AmazonSSM.SendAutomationSignal" => (What::Signal, field("AutomationExecutionId")),
        "AmazonSSM.GetParameter" => (What::Parameter, field("Name")),
        "AWSEvents.PutEvents" => (What::Event, String::new()),
        _ if head.method == Method::PUT => (What::Object, path.to_owned()),
        _ if path.starts_with("/2025-12-01/durable-execution-callbacks/") => (
            What::Callback,
            path.split('/').nth(3).unwrap_or_default().to_owned(),
        ),
        _ if path == "/v2/email/outbound-emails" => (What::Mail, String::new()),
        _ if body.starts_with("Action=Publish") => (What::Topic, String::new()),
        _ if path == "/hook" => (What::Webhook, String::new()),
        _ => return Err(format!("a request that nobody expects: {} {path}", head.method)),
    };
    let mut state = locked(state);
    let closes = matches!(what, What::Callback | What::Approval);
    let is_closed = state
        .records
        .iter()
        .any(|record| record.what == what && record.key == key && record.taken);
    let taken = !(closes && is_closed);
    state.records.push(Record {
        what,
        key,
        body,
        taken,
    });
    if state.lost.take_if(|lost| *lost == what).is_some() {
        return Err("its answer gets lost".to_owned());
    }
    Ok(match (what, taken) {
        (What::Callback, false) => response(400, "CallbackTimeoutException", r#"{"Message":"Closed."}"#),
        (What::Approval, false) => response(
            400,
            "ApprovalAlreadyCompletedException",
            r#"{"message":"Answered."}"#,
        ),
        (What::Parameter, _) => response(
            200,
            "",
            &json!({ "Parameter": { "Value": RECEIVER } }).to_string(),
        ),
        (What::Event, _) => response(200, "", r#"{"FailedEntryCount":0,"Entries":[{"EventId":"e"}]}"#),
        (What::Mail, _) => response(200, "", r#"{"MessageId":"m"}"#),
        (What::Topic, _) => response(
            200,
            "",
            "<PublishResponse><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>",
        ),
        (What::Object | What::Webhook, _) => response(200, "", ""),
        (What::Callback | What::Approval | What::Signal, _) => response(200, "", "{}"),
    })
}

fn response(status: u16, error: &str, body: &str) -> Response<Full<Bytes>> {
    Response::builder()
        .status(status)
        .header("Content-Type", "application/x-amz-json-1.1")
        .header("X-Amzn-Errortype", error)
        .body(Full::new(Bytes::copy_from_slice(body.as_bytes())))
        .expect("a response")
}
