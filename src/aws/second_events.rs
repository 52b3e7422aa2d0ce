//! PutEvents for buses of type `event-busv2`. They have an API of their own (EventBridgeV2: Smithy RPC v2, in CBOR) with the
//! same fields, errors and signature. So the client of the first API does the work: a request is rewritten before it is signed,
//! and an answer before it is read. The SDK's crate for that API would bring four further ones for a single operation.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use http_body_util::BodyExt as _;
use minicbor::data::Type;
use minicbor::{Decoder, Encoder};
use serde::Deserialize;
use serde_json::{Map, Value};

/// The path of the operation (API model of EventBridgeV2, and "Smithy RPC v2 CBOR protocol").
const PATH: &str = "/service/AWSEventsV2/operation/PutEvents";
/// How deep answers are nested at most; those of this operation are three deep.
const MAX_DEPTH: u8 = 16;

/// A request of the first API.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Sent {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    event_bus_name: String,
    source: String,
    detail_type: String,
    detail: String,
}

/// Makes requests those of the second API.
#[derive(Debug)]
pub struct Rewritten;

#[dyn_dispatch_hint]
impl Intercept for Rewritten {
    fn name(&self) -> &'static str {
        "Rewritten"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        rewrite(context.request_mut())
    }
}

fn rewrite(request: &mut HttpRequest) -> Result<(), BoxError> {
    let sent: Sent = serde_json::from_slice(request.body().bytes().unwrap_or_default())?;
    let body = encoded(&sent)?;
    let uri = format!("{}{PATH}", request.uri().trim_end_matches('/'));
    request.set_uri(uri)?;
    let headers = request.headers_mut();
    headers.remove("x-amz-target");
    for (name, value) in [
        ("content-type", "application/cbor"),
        ("accept", "application/cbor"),
        ("smithy-protocol", "rpc-v2-cbor"),
    ] {
        headers.insert(name, value);
    }
    headers.insert("content-length", body.len().to_string());
    *request.body_mut() = SdkBody::from(body);
    Ok(())
}

fn encoded(sent: &Sent) -> Result<Vec<u8>, BoxError> {
    let [entry] = sent.entries.as_slice() else {
        return Err("one entry is sent at a time".into());
    };
    let mut encoder = Encoder::new(Vec::new());
    encoder.map(2)?;
    encoder.str("EventBusArn")?.str(&entry.event_bus_name)?;
    encoder.str("Entries")?.array(1)?.map(3)?;
    encoder.str("Source")?.str(&entry.source)?;
    encoder.str("DetailType")?.str(&entry.detail_type)?;
    encoder.str("Detail")?.str(&entry.detail)?;
    Ok(encoder.into_writer())
}

/// Makes answers those of the first API.
#[derive(Debug)]
pub struct Translated(SharedHttpClient);

impl Translated {
    /// Of what this client gets.
    pub const fn new(client: SharedHttpClient) -> Self {
        Self(client)
    }
}

impl HttpClient for Translated {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector(self.0.http_connector(settings, components)))
    }
}

#[derive(Debug)]
struct Connector(SharedHttpConnector);

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let answer = self.0.call(request);
        HttpConnectorFuture::new(async move { translated(answer.await?).await })
    }
}

/// An answer that is not CBOR stays as it is, and the client of the first API says that it cannot be read.
async fn translated(mut answer: HttpResponse) -> Result<HttpResponse, ConnectorError> {
    let body = answer.take_body().collect().await.map_err(ConnectorError::io)?;
    let body = body.to_bytes();
    let json = value(&mut Decoder::new(&body), MAX_DEPTH).map(|value| value.to_string());
    *answer.body_mut() = match json {
        Some(json) => SdkBody::from(json),
        None => SdkBody::from(body),
    };
    answer.headers_mut().remove("content-length");
    Ok(answer)
}

/// What CBOR and JSON both have; nothing else is in these answers.
fn value(decoder: &mut Decoder<'_>, depth: u8) -> Option<Value> {
    let depth = depth.checked_sub(1)?;
    match decoder.datatype().ok()? {
        Type::Bool => decoder.bool().ok().map(Value::Bool),
        Type::Null | Type::Undefined => decoder.skip().ok().map(|()| Value::Null),
        Type::U8 | Type::U16 | Type::U32 | Type::U64 => decoder.u64().ok().map(Value::from),
        Type::I8 | Type::I16 | Type::I32 | Type::I64 => decoder.i64().ok().map(Value::from),
        Type::F16 | Type::F32 | Type::F64 => decoder.f64().ok().map(Value::from),
        Type::String => decoder.str().ok().map(Value::from),
        Type::Array | Type::ArrayIndef => {
            let length = decoder.array().ok()?;
            let mut items = Vec::new();
            while goes_on(decoder, length, items.len())? {
                items.push(value(decoder, depth)?);
            }
            Some(Value::Array(items))
        }
        Type::Map | Type::MapIndef => {
            let length = decoder.map().ok()?;
            let mut members = Map::new();
            let mut read = 0;
            while goes_on(decoder, length, read)? {
                let name = decoder.str().ok()?.to_owned();
                members.insert(name, value(decoder, depth)?);
                read += 1;
            }
            Some(Value::Object(members))
        }
        _ => None,
    }
}

/// Whether an array or a map of this length, if it is known, has something after what was read.
fn goes_on(decoder: &mut Decoder<'_>, length: Option<u64>, read: usize) -> Option<bool> {
    match length {
        Some(length) => Some(u64::try_from(read).ok()? < length),
        None if decoder.datatype().ok()? == Type::Break => {
            decoder.skip().ok()?;
            Some(false)
        }
        None => Some(true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(bytes: &[u8]) -> Option<Value> {
        value(&mut Decoder::new(bytes), MAX_DEPTH)
    }

    #[test]
    fn answers_are_read_whether_their_lengths_are_told_or_not() {
        let expected = json!({"a": [1, -1, true, null, "x"]});
        let known = b"\xa1\x61a\x85\x01\x20\xf5\xf6\x61x";
        let unknown = b"\xbf\x61a\x9f\x01\x20\xf5\xf6\x61x\xff\xff";
        assert_eq!(read(known), Some(expected.clone()));
        assert_eq!(read(unknown), Some(expected));
    }

    #[test]
    fn what_is_not_an_answer_is_not_read() {
        for bytes in [
            b"".as_slice(),
            b"{}",
            b"\xa1\x61a",
            b"\xa1\x01\x01",
            b"\x9f\x01",
            b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff",
            b"\x41x",
            &[0x81; 1_000],
        ] {
            assert_eq!(read(bytes), None, "{bytes:?}");
        }
    }

    #[test]
    fn a_request_is_rewritten_as_a_whole() {
        let body =
            json!({"Entries": [{"EventBusName": "arn", "Source": "s", "DetailType": "t", "Detail": "{}"}]});
        let request = http::Request::post("https://host.example/")
            .header("x-amz-target", "AWSEvents.PutEvents")
            .header("content-length", "1")
            .body(SdkBody::from(body.to_string()));
        let mut request = HttpRequest::try_from(request.unwrap()).unwrap();
        rewrite(&mut request).unwrap();
        assert_eq!(request.uri(), format!("https://host.example{PATH}"));
        let sent = request.body().bytes().unwrap();
        assert_eq!(
            read(sent),
            Some(
                json!({"EventBusArn": "arn", "Entries": [{"Source": "s", "DetailType": "t", "Detail": "{}"}]})
            )
        );
        let length = sent.len().to_string();
        assert_eq!(request.headers().get("content-length"), Some(length.as_str()));
        assert_eq!(request.headers().get("x-amz-target"), None);
    }
}
