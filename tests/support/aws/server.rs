//! Connections and requests.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, Method, Request, Response};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Body;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use super::wire::{AnswerBody, Connection};
use super::{ApiError, AwsError, Call, Commit, Fault, Operation, Service, Shared, Signer, random};

/// Longest request (Step Functions: 1 MB).
const MAX_REQUEST_BYTES: usize = 1 << 20;

pub(super) fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.set_nonblocking(true).expect("a socket");
    let address = listener.local_addr().expect("an address");
    (listener, address)
}

/// Serves until `stopped` changes.
pub(super) fn run(
    http: TcpListener,
    https: Option<(TcpListener, TlsAcceptor)>,
    shared: &Arc<Shared>,
    stopped: &watch::Receiver<bool>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let plain = accept(http, None, shared, stopped.clone());
        match https {
            None => plain.await,
            Some((listener, acceptor)) => {
                let secure = accept(listener, Some(acceptor), shared, stopped.clone());
                tokio::join!(plain, secure);
            }
        }
    });
}

async fn accept(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    shared: &Arc<Shared>,
    mut stopped: watch::Receiver<bool>,
) {
    let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopped.changed() => return,
        };
        let Ok((stream, _)) = accepted else { continue };
        let _ = stream.set_nodelay(true);
        let (connection, reset) = Connection::new(stream);
        {
            let mut state = shared.state();
            state.connections += 1;
            if state.connections_to_reset > 0 {
                state.connections_to_reset -= 1;
                reset.store(true, Ordering::SeqCst);
                continue;
            }
        }
        let shared = Arc::clone(shared);
        match tls.clone() {
            None => drop(tokio::spawn(serve(connection, reset, shared))),
            Some(acceptor) => drop(tokio::spawn(async move {
                if let Ok(secure) = acceptor.accept(connection).await {
                    serve(secure, reset, shared).await;
                }
            })),
        }
    }
}

async fn serve<C: AsyncRead + AsyncWrite + Unpin>(
    connection: C,
    reset: Arc<AtomicBool>,
    shared: Arc<Shared>,
) {
    let service = service_fn(|request| {
        let (shared, reset) = (Arc::clone(&shared), Arc::clone(&reset));
        async move {
            let answer = answer(&shared, request).await;
            if answer.is_err() {
                reset.store(true, Ordering::SeqCst);
            }
            answer
        }
    });
    // Broken connections are what this is for.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(connection), service)
        .await;
}

/// The answer, or an error to have the connection reset.
pub(super) async fn answer<B>(shared: &Arc<Shared>, request: Request<B>) -> io::Result<Response<AnswerBody>>
where
    B: Body,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let (head, body) = request.into_parts();
    if head.method == Method::GET && head.uri.path() == "/ping" {
        let time = {
            let mut state = shared.state();
            state.pings += 1;
            state.ping_time
        };
        if !time.is_zero() {
            tokio::time::sleep(time).await;
        }
        let text = "healthy".to_owned();
        return Ok(Answer {
            status: 200,
            content_type: "text/plain",
            text,
        }
        .whole("none"));
    }
    let operation = operation_of(&head);
    let request_id = random::<16>().map(|byte| format!("{byte:02x}")).concat();
    let signature = operation.map(|operation| signer(&head, operation.service()));
    let fault = {
        let mut state = shared.state();
        let fault = operation.map_or(Fault::None, |operation| state.next_fault(operation));
        state.calls.push(Call {
            operation,
            body: Value::Null,
            committed: false,
            refused: None,
            fault: fault.clone(),
            at: Instant::now(),
            signer: signature.clone().and_then(Result::ok),
            request_id: request_id.clone(),
        });
        fault
    };
    if fault == Fault::ResetBeforeRead {
        return Err(io::ErrorKind::ConnectionReset.into());
    }

    let body = Limited::new(body, MAX_REQUEST_BYTES)
        .collect()
        .await
        .map_err(io::Error::other)?
        .to_bytes();
    if let Some(call) = shared.state().call(&request_id) {
        call.body = serde_json::from_slice(&body).unwrap_or_default();
    }
    let refuse = |error: AwsError| {
        shared.state().note_refusal(&request_id, error);
        Ok(Answer::refusal(&error.into(), operation).whole(&request_id))
    };
    let (Some(operation), Some(signature)) = (operation, signature) else {
        return refuse(AwsError::UnknownOperation);
    };
    if fault.breaks(Commit::Before) {
        return instead(&fault, operation, &request_id).await;
    }
    if let Err(error) = signature {
        return refuse(error);
    }

    let delay = fault.delay();
    let (for_commit, id_for_commit) = (Arc::clone(shared), request_id.clone());
    // A task of its own: the effect of a call that was read comes even if the caller has gone.
    let committed = tokio::spawn(async move {
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        for_commit.state().commit(operation, &body, &id_for_commit)
    });
    let answer = match committed.await.map_err(io::Error::other)? {
        Ok(value) => Answer::success(&value, operation),
        Err(error) => Answer::refusal(&error, Some(operation)),
    };
    if fault.breaks(Commit::After) {
        return instead(&fault, operation, &request_id).await;
    }
    Ok(match fault {
        Fault::SlowBody(per_byte) => {
            let body = AnswerBody::slow(&answer.text, per_byte);
            answer.with_body(body, &request_id)
        }
        Fault::BrokenBody => {
            let body = AnswerBody::broken(&answer.text);
            answer.with_body(body, &request_id)
        }
        Fault::TruncatedJson => {
            let half = answer
                .text
                .get(..answer.text.len() / 2)
                .unwrap_or_default()
                .to_owned();
            Answer { text: half, ..answer }.whole(&request_id)
        }
        Fault::None
        | Fault::Late(_)
        | Fault::ResetBeforeRead
        | Fault::Reset(_)
        | Fault::Status(..)
        | Fault::Hang(_)
        | Fault::WrongContentType(_)
        | Fault::Error(_) => answer.whole(&request_id),
    })
}

/// What comes in the place of the right answer.
async fn instead(fault: &Fault, operation: Operation, request_id: &str) -> io::Result<Response<AnswerBody>> {
    let content_type = operation.service().content_type();
    match fault {
        Fault::Error(error) => Ok(Answer::refusal(&(*error).into(), Some(operation)).whole(request_id)),
        Fault::Status(status, _) => Ok(Answer {
            status: *status,
            content_type,
            text: String::new(),
        }
        .whole(request_id)),
        Fault::WrongContentType(_) => {
            let text = "<!DOCTYPE html><title>Welcome</title><p>Please log in.".to_owned();
            Ok(Answer {
                status: 200,
                content_type: "text/html",
                text,
            }
            .whole(request_id))
        }
        Fault::Hang(_) => std::future::pending().await,
        Fault::Reset(_)
        | Fault::ResetBeforeRead
        | Fault::None
        | Fault::Late(_)
        | Fault::SlowBody(_)
        | Fault::TruncatedJson
        | Fault::BrokenBody => Err(io::ErrorKind::ConnectionReset.into()),
    }
}

struct Answer {
    status: u16,
    content_type: &'static str,
    text: String,
}

impl Answer {
    fn success(value: &Value, operation: Operation) -> Self {
        Self {
            status: 200,
            content_type: operation.service().content_type(),
            text: value.to_string(),
        }
    }

    fn refusal(error: &ApiError, operation: Option<Operation>) -> Self {
        let service = operation.map_or(Service::Kms, Operation::service);
        Self {
            status: error.error.status(),
            content_type: service.content_type(),
            text: error.json(operation).to_string(),
        }
    }

    fn whole(self, request_id: &str) -> Response<AnswerBody> {
        let body = AnswerBody::whole(&self.text);
        self.with_body(body, request_id)
    }

    fn with_body(self, body: AnswerBody, request_id: &str) -> Response<AnswerBody> {
        Response::builder()
            .status(self.status)
            .header(CONTENT_TYPE, self.content_type)
            .header(CONTENT_LENGTH, self.text.len())
            .header("x-amzn-requestid", request_id)
            .body(body)
            .expect("valid headers")
    }
}

/// The call that a request is: POST to `/`, a target that we know, and the content type of its service.
fn operation_of(head: &Parts) -> Option<Operation> {
    let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
    let operation = operation_named(&head.headers)?;
    let fits = head.method == Method::POST
        && head.uri.path() == "/"
        && head.uri.query().is_none()
        && header(CONTENT_TYPE.as_str()) == Some(operation.service().content_type());
    fits.then_some(operation)
}

/// The call that the headers name.
pub(super) fn operation_named(headers: &HeaderMap) -> Option<Operation> {
    let target = headers.get("x-amz-target")?.to_str().ok()?;
    Operation::ALL
        .into_iter()
        .find(|operation| operation.target() == target)
}

/// Who made a Signature Version 4 for this service. The signature itself is not verified.
fn signer(head: &Parts, service: Service) -> Result<Signer, AwsError> {
    let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
    let text = header(AUTHORIZATION.as_str()).ok_or(AwsError::MissingAuthenticationToken)?;
    let fields = text
        .strip_prefix("AWS4-HMAC-SHA256 ")
        .ok_or(AwsError::MissingAuthenticationToken)?;
    let field = |name: &str| {
        let value = fields
            .split(',')
            .find_map(|field| field.trim().strip_prefix(name)?.strip_prefix('='));
        value.ok_or(AwsError::IncompleteSignature)
    };
    let (credential, signed, signature) =
        (field("Credential")?, field("SignedHeaders")?, field("Signature")?);
    let signs = |name: &str| signed.split(';').any(|signed| signed == name);
    let complete = header("x-amz-date").is_some_and(|date| date.len() == "20260101T000000Z".len())
        && ["host", "x-amz-date"].into_iter().all(signs)
        && (header("x-amz-security-token").is_none() || signs("x-amz-security-token"))
        && signature.len() == 64
        && signature.bytes().all(|byte| byte.is_ascii_hexdigit());
    let scope: Vec<&str> = credential.split('/').collect();
    let [access_key, _, region, signed_service, "aws4_request"] = *scope.as_slice() else {
        return Err(AwsError::IncompleteSignature);
    };
    if complete && signed_service == service.signing_name() {
        Ok(Signer {
            access_key: access_key.to_owned(),
            region: region.to_owned(),
        })
    } else {
        Err(AwsError::IncompleteSignature)
    }
}
