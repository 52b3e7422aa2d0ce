//! Messages of the AWS Encryption SDK, read only: the links of the older program begin with `2-` and hold one.
//!
//! The byte layout is that of the AWS Encryption SDK specification (`data-format/message-header.md`,
//! `message-body.md`, `message-body-aad.md`, `message-footer.md`), the order of the checks that of its
//! `client-apis/decrypt.md`. Of its suites the four with AES-256-GCM and HKDF are read, and nothing else.
//!
//! A message goes through two stages:
//!
//! 1. [`Message::parse`] needs no key. It takes the whole message apart and refuses everything that no honest
//!    writer makes, so that no key service is asked about it. What it hands out is a stranger's claim.
//! 2. [`Message::open`] takes the data key and hands out the plaintext after the commitment, the header, every
//!    frame and the signature were found right, in this order; before that, nothing.
//!
//! Stricter than most readers, by the letter of the specification: the entries of the context are in order, and the
//! nonce of a frame is its sequence number. Not read: messages with a required encryption context, which
//! authenticate context that they do not carry (the older program never made one); their header is refused.

use std::{collections::BTreeMap, fmt};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::{hkdf, signature};
use zeroize::Zeroizing;

use super::aes_gcm::{Cipher, NONCE, TAG};
use super::hkdf::Secret;
use super::p384;
use parts::{read_context, read_data_keys, read_frames, read_single_block, sequence_iv, verification_key};
use reader::Reader;

mod parts;
mod reader;

/// The most plaintext that a message may hold, in bytes.
const PLAINTEXT_MAX: usize = 64 * 1024;
/// The most encrypted data keys that a message may list.
const DATA_KEYS_MAX: u16 = 8;
/// The context key under which the writer of a signed message puts the key that verifies it.
const PUBLIC_KEY: &str = "aws-crypto-public-key";
/// Stands in place of the sequence number before the last frame.
const LAST_FRAME: u32 = u32::MAX;

/// Why a message is refused. The texts are for the log; they hold nothing of the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// The message ends before it is complete.
    #[error("the message ends before it is complete")]
    Truncated,
    /// Bytes follow the end of the message.
    #[error("bytes follow the end of the message")]
    TrailingBytes,
    /// The message format version is neither 1 nor 2.
    #[error("the message format version is neither 1 nor 2")]
    UnknownVersion,
    /// The message type is not 'customer authenticated encrypted data'.
    #[error("the message type is not 'customer authenticated encrypted data'")]
    UnknownType,
    /// The algorithm suite is not one of 0178, 0378, 0478, 0578.
    #[error("the algorithm suite is not one of 0178, 0378, 0478, 0578")]
    UnsupportedSuite,
    /// The algorithm suite belongs to the other message format version.
    #[error("the algorithm suite belongs to the other message format version")]
    SuiteOfOtherVersion,
    /// The entries of the encryption context do not fill its declared length.
    #[error("the entries of the encryption context do not fill its declared length")]
    ContextLength,
    /// The encryption context has a length but no entries.
    #[error("the encryption context has a length but no entries")]
    ContextWithoutEntries,
    /// The encryption context is not UTF-8.
    #[error("the encryption context is not UTF-8")]
    ContextNotText,
    /// The encryption context has a key twice.
    #[error("the encryption context has a key twice")]
    ContextKeyTwice,
    /// The keys of the encryption context are out of order.
    #[error("the keys of the encryption context are out of order")]
    ContextOutOfOrder,
    /// A signed suite without a verification key in the encryption context.
    #[error("a signed suite without a verification key in the encryption context")]
    VerificationKeyMissing,
    /// An unsigned suite with a verification key in the encryption context.
    #[error("an unsigned suite with a verification key in the encryption context")]
    VerificationKeyUnexpected,
    /// The verification key is not base64 of 49 bytes.
    #[error("the verification key is not base64 of 49 bytes")]
    VerificationKeyEncoding,
    /// The verification key is not a compressed point of P-384.
    #[error("the verification key is not a compressed point of P-384")]
    VerificationKeyPoint,
    /// No encrypted data key.
    #[error("no encrypted data key")]
    NoDataKey,
    /// More than 8 encrypted data keys.
    #[error("more than {DATA_KEYS_MAX} encrypted data keys")]
    TooManyDataKeys,
    /// The content type is neither framed nor non-framed.
    #[error("the content type is neither framed nor non-framed")]
    UnknownContentType,
    /// The reserved bytes are not zero.
    #[error("the reserved bytes are not zero")]
    ReservedBytes,
    /// The IV length is not 12.
    #[error("the IV length is not 12")]
    IvLength,
    /// The frame length is zero in a framed message, or not zero in a non-framed one.
    #[error("the frame length is zero in a framed message, or not zero in a non-framed one")]
    FrameLength,
    /// A frame is out of sequence.
    #[error("a frame is out of sequence")]
    FrameSequence,
    /// The IV of a frame is not its sequence number.
    #[error("the IV of a frame is not its sequence number")]
    FrameIv,
    /// The final frame is longer than the frame length.
    #[error("the final frame is longer than the frame length")]
    FinalFrameLength,
    /// More than 65,536 bytes of content.
    #[error("more than {PLAINTEXT_MAX} bytes of content")]
    ContentTooLong,
    /// The key commitment does not match the data key.
    #[error("the key commitment does not match the data key")]
    Commitment,
    /// The header is not authentic under the data key.
    #[error("the header is not authentic under the data key")]
    Header,
    /// A frame is not authentic under the data key.
    #[error("a frame is not authentic under the data key")]
    Frame,
    /// The signature does not verify.
    #[error("the signature does not verify")]
    Signature,
}

/// The algorithm suites that are read; all of them encrypt with AES-256-GCM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suite {
    /// `0178`, message format 1.
    HkdfSha256,
    /// `0378`, message format 1. What versions 1.x of the SDK write by default.
    HkdfSha384Signed,
    /// `0478`, message format 2.
    HkdfSha512Committed,
    /// `0578`, message format 2. What later versions of the SDK write by default.
    HkdfSha512CommittedSigned,
}

/// A message that was taken apart but not authenticated: until [`Message::open`] succeeds, everything in it is a
/// stranger's claim. Borrows from the bytes.
pub struct Message<'a> {
    suite: Suite,
    /// From the version byte to the end of the header body: what the header's tag authenticates.
    header_body: &'a [u8],
    message_id: &'a [u8],
    context: BTreeMap<String, String>,
    data_keys: Vec<EncryptedDataKey<'a>>,
    header_check: HeaderCheck<'a>,
    header_tag: &'a [u8; TAG],
    blocks: Vec<Block<'a>>,
    /// The sum of the content of all blocks, in bytes.
    content_length: usize,
    signature: Option<Signature<'a>>,
}

/// A data key as it is encrypted under a key outside of the message. A stranger's claim, like all of a [`Message`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct EncryptedDataKey<'a> {
    provider: &'a [u8],
    key_info: &'a [u8],
    blob: &'a [u8],
}

/// What a message format has for the check of its header, apart from the tag.
enum HeaderCheck<'a> {
    /// Format 1: the nonce of the header's tag.
    Iv(&'a [u8; NONCE]),
    /// Format 2: the commitment to the data key. The nonce of the header's tag is zero.
    Commitment(&'a [u8; 32]),
}

/// One frame, or the whole content of a non-framed message.
struct Block<'a> {
    kind: BlockKind,
    sequence: u32,
    /// Bytes of content, without the tag.
    length: u64,
    /// Content and tag.
    sealed: &'a [u8],
}

#[derive(Clone, Copy)]
enum BlockKind {
    Frame,
    FinalFrame,
    Single,
}

struct Signature<'a> {
    /// Uncompressed point of P-384.
    verification_key: [u8; p384::UNCOMPRESSED],
    /// Header and body, as received.
    signed: &'a [u8],
    /// ECDSA over SHA-384, in DER.
    der: &'a [u8],
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    One,
    Two,
}

#[derive(Clone, Copy)]
enum ContentType {
    NonFramed,
    Framed,
}

impl<'a> Message<'a> {
    /// Takes the whole message apart. Checks all that can be checked without the data key: the shape, the suite, the
    /// context, that the verification key is a point of its curve. Allocates no more than the bytes at hand justify.
    ///
    /// # Errors
    /// The first broken rule that is met on the way from front to back.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Damage> {
        let mut reader = Reader::new(bytes, Damage::Truncated);

        let format = Format::read(&mut reader)?;
        let suite = Suite::from_id(reader.u16()?).ok_or(Damage::UnsupportedSuite)?;
        if suite.format() != format {
            return Err(Damage::SuiteOfOtherVersion);
        }
        let message_id: &[u8] = match format {
            Format::One => reader.array::<16>()?,
            Format::Two => reader.array::<32>()?,
        };
        let context = read_context(&mut reader)?;
        let verification_key = verification_key(suite, &context)?;
        let data_keys = read_data_keys(&mut reader)?;
        let content_type = ContentType::read(&mut reader)?;
        if format == Format::One {
            if reader.u32()? != 0 {
                return Err(Damage::ReservedBytes);
            }
            if usize::from(reader.u8()?) != NONCE {
                return Err(Damage::IvLength);
            }
        }
        let frame_length = reader.u32()?;
        let (header_body, header_check) = match format {
            Format::One => (reader.consumed(), HeaderCheck::Iv(reader.array()?)),
            Format::Two => {
                let commitment = reader.array()?;
                (reader.consumed(), HeaderCheck::Commitment(commitment))
            }
        };
        let header_tag = reader.array()?;

        let mut room = PLAINTEXT_MAX;
        let blocks = match (content_type, frame_length) {
            (ContentType::NonFramed, 0) => vec![read_single_block(&mut reader, &mut room)?],
            (ContentType::Framed, 1..) => read_frames(&mut reader, frame_length, &mut room)?,
            (ContentType::NonFramed, 1..) | (ContentType::Framed, 0) => return Err(Damage::FrameLength),
        };

        let signature = match verification_key {
            Some(verification_key) => {
                let (signed, der) = (reader.consumed(), reader.field()?);
                Some(Signature {
                    verification_key,
                    signed,
                    der,
                })
            }
            None => None,
        };
        if !reader.is_at_end() {
            return Err(Damage::TrailingBytes);
        }

        Ok(Self {
            suite,
            header_body,
            message_id,
            context,
            data_keys,
            header_check,
            header_tag,
            blocks,
            content_length: PLAINTEXT_MAX - room,
            signature,
        })
    }

    /// The whole encryption context as the message carries it, with `aws-crypto-public-key` when the suite is signed:
    /// what the key service has to be told to decrypt the data key.
    pub fn encryption_context(&self) -> &BTreeMap<String, String> {
        &self.context
    }

    /// The encrypted forms of the data key, 1 to 8 of them, in the order of the message.
    pub fn data_keys(&self) -> &[EncryptedDataKey<'a>] {
        &self.data_keys
    }

    /// The algorithm suite that the message claims.
    pub fn suite(&self) -> Suite {
        self.suite
    }

    /// The plaintext, at most 64 KiB, wiped when dropped. ring keeps a copy of the key that it derives on the stack,
    /// which is not wiped.
    ///
    /// # Errors
    /// [`Damage::Commitment`], [`Damage::Header`], [`Damage::Frame`] or [`Damage::Signature`]: what was found wrong
    /// first. Nothing that was decrypted until then is handed out.
    pub fn open(&self, data_key: &[u8; 32]) -> Result<Zeroizing<Vec<u8>>, Damage> {
        let key = self.message_key(data_key)?;

        let mut header_tag = *self.header_tag;
        let nonce = match self.header_check {
            HeaderCheck::Iv(iv) => *iv,
            HeaderCheck::Commitment(_) => [0; NONCE],
        };
        key.open(nonce, self.header_body, &mut header_tag)
            .ok_or(Damage::Header)?;

        // Room for the last tag too: were the vector to grow, it would leave an unwiped copy behind.
        let mut plaintext = Zeroizing::new(Vec::with_capacity(self.content_length + TAG));
        for block in &self.blocks {
            let opened_before = plaintext.len();
            plaintext.extend_from_slice(block.sealed);
            let (_, sealed) = plaintext.split_at_mut(opened_before);
            let additional = block.authenticated_data(self.message_id);
            let opened = key.open(sequence_iv(block.sequence), &additional, sealed);
            let opened_now = opened.ok_or(Damage::Frame)?.len();
            plaintext.truncate(opened_before + opened_now);
        }

        if let Some(signature) = &self.signature {
            signature.verify()?;
        }
        Ok(plaintext)
    }

    /// Derives the key of this message and, where the format has a commitment, compares it before anything else.
    fn message_key(&self, data_key: &[u8; 32]) -> Result<Cipher, Damage> {
        let id = self.suite.id().to_be_bytes();
        let hkdf = self.suite.hkdf();
        let key = match self.header_check {
            HeaderCheck::Iv(_) => Secret::extract(hkdf, &[], data_key).expand(&[&id, self.message_id]),
            HeaderCheck::Commitment(received) => {
                let secret = Secret::extract(hkdf, self.message_id, data_key);
                if !crate::constant_time::are_equal(secret.expand(&[b"COMMITKEY"]).as_slice(), received) {
                    return Err(Damage::Commitment);
                }
                secret.expand(&[&id, b"DERIVEKEY"])
            }
        };
        Ok(Cipher::new(&key))
    }
}

impl Signature<'_> {
    fn verify(&self) -> Result<(), Damage> {
        signature::UnparsedPublicKey::new(&signature::ECDSA_P384_SHA384_ASN1, self.verification_key)
            .verify(self.signed, self.der)
            .map_err(|_| Damage::Signature)
    }
}

/// Shows no value of the message.
impl fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("suite", &self.suite)
            .field("data_keys", &self.data_keys.len())
            .field("content_length", &self.content_length)
            .finish_non_exhaustive()
    }
}

impl<'a> EncryptedDataKey<'a> {
    /// Which kind of key encrypts it; `aws-kms` for AWS KMS.
    pub fn provider(&self) -> &'a [u8] {
        self.provider
    }

    /// Which key encrypts it; for AWS KMS the key's ARN.
    pub fn key_info(&self) -> &'a [u8] {
        self.key_info
    }

    /// The encrypted key itself; for AWS KMS the `CiphertextBlob`.
    pub fn blob(&self) -> &'a [u8] {
        self.blob
    }
}

/// Shows no value of the message.
impl fmt::Debug for EncryptedDataKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncryptedDataKey")
            .field("blob_length", &self.blob.len())
            .finish_non_exhaustive()
    }
}

impl Suite {
    /// The two bytes by which messages name the suite.
    pub fn id(self) -> u16 {
        match self {
            Self::HkdfSha256 => 0x0178,
            Self::HkdfSha384Signed => 0x0378,
            Self::HkdfSha512Committed => 0x0478,
            Self::HkdfSha512CommittedSigned => 0x0578,
        }
    }

    fn from_id(id: u16) -> Option<Self> {
        [
            Self::HkdfSha256,
            Self::HkdfSha384Signed,
            Self::HkdfSha512Committed,
            Self::HkdfSha512CommittedSigned,
        ]
        .into_iter()
        .find(|suite| suite.id() == id)
    }

    fn format(self) -> Format {
        match self {
            Self::HkdfSha256 | Self::HkdfSha384Signed => Format::One,
            Self::HkdfSha512Committed | Self::HkdfSha512CommittedSigned => Format::Two,
        }
    }

    fn is_signed(self) -> bool {
        match self {
            Self::HkdfSha256 | Self::HkdfSha512Committed => false,
            Self::HkdfSha384Signed | Self::HkdfSha512CommittedSigned => true,
        }
    }

    fn hkdf(self) -> hkdf::Algorithm {
        match self {
            Self::HkdfSha256 => hkdf::HKDF_SHA256,
            Self::HkdfSha384Signed => hkdf::HKDF_SHA384,
            Self::HkdfSha512Committed | Self::HkdfSha512CommittedSigned => hkdf::HKDF_SHA512,
        }
    }
}

impl Format {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Damage> {
        match reader.u8()? {
            1 => match reader.u8()? {
                0x80 => Ok(Self::One),
                _ => Err(Damage::UnknownType),
            },
            2 => Ok(Self::Two),
            _ => Err(Damage::UnknownVersion),
        }
    }
}

impl ContentType {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Damage> {
        match reader.u8()? {
            1 => Ok(Self::NonFramed),
            2 => Ok(Self::Framed),
            _ => Err(Damage::UnknownContentType),
        }
    }
}

impl Block<'_> {
    /// `message-body-aad.md`: binds a frame to its message, its place and its length.
    fn authenticated_data(&self, message_id: &[u8]) -> Vec<u8> {
        let text: &[u8] = match self.kind {
            BlockKind::Frame => b"AWSKMSEncryptionClient Frame",
            BlockKind::FinalFrame => b"AWSKMSEncryptionClient Final Frame",
            BlockKind::Single => b"AWSKMSEncryptionClient Single Block",
        };
        let (sequence, length) = (self.sequence.to_be_bytes(), self.length.to_be_bytes());
        [message_id, text, &sequence, &length].concat()
    }
}

#[cfg(test)]
mod signature_tests;
#[cfg(test)]
mod tests;
