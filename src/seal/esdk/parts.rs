//! The parts of a message: its context, its data keys and its frames.

use super::*;
use std::cmp::Ordering;

pub(super) fn read_context(reader: &mut Reader<'_>) -> Result<BTreeMap<String, String>, Damage> {
    let mut context = BTreeMap::new();
    let mut entries = Reader::new(reader.field()?, Damage::ContextLength);
    if entries.is_at_end() {
        return Ok(context);
    }
    let count = entries.u16()?;
    if count == 0 {
        return Err(Damage::ContextWithoutEntries);
    }
    for _ in 0..count {
        let (key, value) = (entries.text()?, entries.text()?);
        // `str` compares as its UTF-8 bytes do, which is the order of the specification.
        let last = context.keys().next_back();
        match last.map(|last: &String| last.as_str().cmp(key)) {
            Some(Ordering::Greater) => return Err(Damage::ContextOutOfOrder),
            Some(Ordering::Equal) => return Err(Damage::ContextKeyTwice),
            Some(Ordering::Less) | None => {}
        }
        context.insert(key.to_owned(), value.to_owned());
    }
    if !entries.is_at_end() {
        return Err(Damage::ContextLength);
    }
    Ok(context)
}

pub(super) fn verification_key(
    suite: Suite,
    context: &BTreeMap<String, String>,
) -> Result<Option<[u8; p384::UNCOMPRESSED]>, Damage> {
    match (suite.is_signed(), context.get(PUBLIC_KEY)) {
        (true, Some(text)) => {
            let bytes = STANDARD.decode(text).ok();
            let point = bytes.and_then(|bytes| bytes.try_into().ok());
            let point = point.ok_or(Damage::VerificationKeyEncoding)?;
            p384::decompress(&point)
                .map(Some)
                .ok_or(Damage::VerificationKeyPoint)
        }
        (true, None) => Err(Damage::VerificationKeyMissing),
        (false, Some(_)) => Err(Damage::VerificationKeyUnexpected),
        (false, None) => Ok(None),
    }
}

pub(super) fn read_data_keys<'a>(reader: &mut Reader<'a>) -> Result<Vec<EncryptedDataKey<'a>>, Damage> {
    match reader.u16()? {
        0 => Err(Damage::NoDataKey),
        count @ 1..=DATA_KEYS_MAX => (0..count)
            .map(|_| {
                Ok(EncryptedDataKey {
                    provider: reader.field()?,
                    key_info: reader.field()?,
                    blob: reader.field()?,
                })
            })
            .collect(),
        _ => Err(Damage::TooManyDataKeys),
    }
}

pub(super) fn read_single_block<'a>(reader: &mut Reader<'a>, room: &mut usize) -> Result<Block<'a>, Damage> {
    let sequence = 1;
    read_iv(reader, sequence)?;
    let length = reader.u64()?;
    read_block(reader, BlockKind::Single, sequence, length, room)
}

pub(super) fn read_frames<'a>(
    reader: &mut Reader<'a>,
    frame_length: u32,
    room: &mut usize,
) -> Result<Vec<Block<'a>>, Damage> {
    let mut frames = Vec::new();
    let mut sequence = 1;
    loop {
        let first = reader.u32()?;
        let is_last = first == LAST_FRAME;
        let received = if is_last { reader.u32()? } else { first };
        if received != sequence {
            return Err(Damage::FrameSequence);
        }
        read_iv(reader, sequence)?;
        let length = if is_last { reader.u32()? } else { frame_length };
        if length > frame_length {
            return Err(Damage::FinalFrameLength);
        }
        let kind = if is_last {
            BlockKind::FinalFrame
        } else {
            BlockKind::Frame
        };
        frames.push(read_block(reader, kind, sequence, length.into(), room)?);
        if is_last {
            return Ok(frames);
        }
        // Cannot overflow: each of these frames took at least one byte of the room.
        sequence += 1;
    }
}

/// The nonce is sent although it follows from the sequence number (`decrypt.md`, "Decrypt the message body").
pub(super) fn read_iv(reader: &mut Reader<'_>, sequence: u32) -> Result<(), Damage> {
    if *reader.array()? == sequence_iv(sequence) {
        Ok(())
    } else {
        Err(Damage::FrameIv)
    }
}

/// `room` is how many bytes of content the message may still hold; what this block holds is taken from it.
pub(super) fn read_block<'a>(
    reader: &mut Reader<'a>,
    kind: BlockKind,
    sequence: u32,
    length: u64,
    room: &mut usize,
) -> Result<Block<'a>, Damage> {
    let content = usize::try_from(length).ok().filter(|content| content <= room);
    let content = content.ok_or(Damage::ContentTooLong)?;
    *room -= content;
    let sealed = reader.bytes(content + TAG)?;
    Ok(Block {
        kind,
        sequence,
        length,
        sealed,
    })
}

/// The sequence number, filled up with zeros on the left.
pub(super) fn sequence_iv(sequence: u32) -> [u8; NONCE] {
    let [a, b, c, d] = sequence.to_be_bytes();
    [0, 0, 0, 0, 0, 0, 0, 0, a, b, c, d]
}
