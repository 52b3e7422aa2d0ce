//! What a link answers, as CBOR: key 0 for the token of a task, key 14 for everything else (docs/FORMAT.md, "Token" and
//! "Target").

use super::{cbor, key};
use crate::target::custom_resource::Ids;
use crate::target::presigned::Bucket;
use crate::target::{CallbackId, CustomResource, PipelineApproval, PresignedUrl, Target, Uuid};
use crate::token::{MAX_SEGMENTS, PackedToken};
use minicbor::Decoder;
use minicbor::data::Type;

mod number {
    pub const WAIT_CONDITION: u64 = 1;
    pub const CUSTOM_RESOURCE: u64 = 2;
    pub const DURABLE_EXECUTION: u64 = 3;
    pub const PIPELINE_APPROVAL: u64 = 4;
    pub const AUTOMATION: u64 = 5;
}

/// The field of a target.
pub(super) fn write(target: &Target) -> (u64, Vec<u8>) {
    match target {
        Target::StepFunctions(token) => (key::TOKEN, token_cbor(token.packed())),
        Target::WaitCondition(url) => array(number::WAIT_CONDITION, &[text(url.as_str())]),
        Target::CustomResource(resource) => custom_resource(resource),
        Target::DurableExecution(id) => array(number::DURABLE_EXECUTION, &[text(id.expose())]),
        Target::PipelineApproval(approval) => array(
            number::PIPELINE_APPROVAL,
            &[
                text(&approval.pipeline),
                text(&approval.stage),
                text(&approval.action),
                bytes(approval.token.as_bytes()),
            ],
        ),
        Target::Automation(id) => array(number::AUTOMATION, &[bytes(id.as_bytes())]),
    }
}

fn custom_resource(resource: &CustomResource) -> (u64, Vec<u8>) {
    let Ids {
        stack,
        request,
        logical,
    } = &resource.ids;
    let ids: &[&str] = match Ids::of_path(&resource.url) {
        // The URL tells them already.
        Some(told) if told == resource.ids => &[],
        _ => &[stack, request, logical],
    };
    let former: Vec<&str> = resource.former_id.iter().map(String::as_str).collect();
    let physical: Vec<&str> = resource.physical_id.iter().map(String::as_str).collect();
    array(
        number::CUSTOM_RESOURCE,
        &[
            text(resource.url.as_str()),
            texts(ids),
            texts(&former),
            texts(&physical),
        ],
    )
}

fn array(number: u64, parts: &[Vec<u8>]) -> (u64, Vec<u8>) {
    let mut field = cbor(|e| {
        drop(
            e.array(1 + parts.len() as u64)
                .and_then(|e| e.u64(number).map(|_| ())),
        )
    });
    field.extend(parts.concat());
    (key::TARGET, field)
}

fn text(text: &str) -> Vec<u8> {
    cbor(|e| drop(e.str(text)))
}

fn bytes(bytes: &[u8]) -> Vec<u8> {
    cbor(|e| drop(e.bytes(bytes)))
}

fn texts(texts: &[&str]) -> Vec<u8> {
    cbor(|e| {
        drop(e.array(texts.len() as u64));
        texts.iter().for_each(|text| drop(e.str(text)));
    })
}

/// Whether this key can be read: a target is an array that begins with the number of its kind.
pub(super) fn is_known(key: u64, decoder: &Decoder<'_>) -> bool {
    key == key::TOKEN || matches!(decoder.datatype(), Ok(Type::Array))
}

/// Reads the field of either key.
pub(super) fn read(key: u64, decoder: &mut Decoder<'_>) -> Result<Target, &'static str> {
    if key == key::TOKEN {
        return read_token(decoder).and_then(read_task);
    }
    let count = decoder.array().ok().flatten().ok_or("target")?;
    let number = decoder.u64().map_err(|_| "target")?;
    match (number, count) {
        (number::WAIT_CONDITION, 2) => {
            let url = read_url(decoder, Bucket::WaitCondition)?;
            Ok(Target::WaitCondition(url))
        }
        (number::CUSTOM_RESOURCE, 5) => read_custom_resource(decoder),
        (number::DURABLE_EXECUTION, 2) => {
            let id = CallbackId::new(read_text(decoder)?).map_err(|_| "callback id of a target")?;
            Ok(Target::DurableExecution(id))
        }
        (number::PIPELINE_APPROVAL, 5) => {
            let (pipeline, stage, action) = (read_text(decoder)?, read_text(decoder)?, read_text(decoder)?);
            let approval = PipelineApproval::new(pipeline, stage, action, read_uuid(decoder)?);
            let approval = approval.map_err(|_| "names of a target")?;
            Ok(Target::PipelineApproval(Box::new(approval)))
        }
        (number::AUTOMATION, 2) => Ok(Target::Automation(read_uuid(decoder)?)),
        _ => Err("target of an unknown kind or length"),
    }
}

fn read_custom_resource(decoder: &mut Decoder<'_>) -> Result<Target, &'static str> {
    let url = read_url(decoder, Bucket::CustomResource)?;
    let told = Ids::of_path(&url);
    let ids = match read_texts(decoder)?.as_slice() {
        [] => told.ok_or("ids of a target")?,
        [stack, request, logical] => {
            let ids = Ids {
                stack: stack.clone(),
                request: request.clone(),
                logical: logical.clone(),
            };
            if told.is_some_and(|told| told == ids) {
                return Err("ids of a target that its URL tells");
            }
            ids
        }
        _ => return Err("ids of a target"),
    };
    let former = read_one(decoder)?;
    let physical = read_one(decoder)?;
    let resource = CustomResource::new(url, ids, former, physical).map_err(|_| "ids of a target")?;
    Ok(Target::CustomResource(Box::new(resource)))
}

fn read_url(decoder: &mut Decoder<'_>, bucket: Bucket) -> Result<PresignedUrl, &'static str> {
    PresignedUrl::parse(&read_text(decoder)?, bucket).map_err(|_| "URL of a target")
}

fn read_text(decoder: &mut Decoder<'_>) -> Result<String, &'static str> {
    decoder.str().map(str::to_owned).map_err(|_| "text of a target")
}

fn read_uuid(decoder: &mut Decoder<'_>) -> Result<Uuid, &'static str> {
    let bytes = decoder.bytes().ok().and_then(|bytes| bytes.try_into().ok());
    bytes.map(Uuid::new).ok_or("id of a target")
}

fn read_texts(decoder: &mut Decoder<'_>) -> Result<Vec<String>, &'static str> {
    let count = decoder.array().ok().flatten().ok_or("ids of a target")?;
    (0..count.min(4)).map(|_| read_text(decoder)).collect()
}

fn read_one(decoder: &mut Decoder<'_>) -> Result<Option<String>, &'static str> {
    match read_texts(decoder)?.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(one.clone())),
        _ => Err("ids of a target"),
    }
}

fn read_task(packed: PackedToken) -> Result<Target, &'static str> {
    let packed_again = packed.clone();
    let token = packed.unpack().ok_or("token of a wrong length")?;
    match token.packed() == packed_again {
        true => Ok(Target::StepFunctions(token)),
        false => Err("token is not in its shortest form"),
    }
}

fn token_cbor(token: PackedToken) -> Vec<u8> {
    cbor(|e| match token {
        PackedToken::Text(text) => drop(e.str(&text)),
        PackedToken::Segments(segments) => {
            if segments.len() > 1 {
                drop(e.array(segments.len() as u64));
            }
            segments.iter().for_each(|segment| drop(e.bytes(segment)));
        }
    })
}

fn read_token(decoder: &mut Decoder<'_>) -> Result<PackedToken, &'static str> {
    let segment = |decoder: &mut Decoder<'_>| decoder.bytes().map(<[u8]>::to_vec).map_err(|_| "token");
    match decoder.datatype().map_err(|_| "token")? {
        Type::Bytes => Ok(PackedToken::Segments(vec![segment(decoder)?])),
        Type::String => decoder
            .str()
            .map(|text| PackedToken::Text(text.to_owned()))
            .map_err(|_| "a text is not text"),
        Type::Array => match decoder.array().ok().flatten() {
            Some(count @ 2..) if count <= MAX_SEGMENTS as u64 => (0..count)
                .map(|_| segment(decoder))
                .collect::<Result<_, _>>()
                .map(PackedToken::Segments),
            _ => Err("token"),
        },
        _ => Err("token"),
    }
}
