//! Bytes of a stranger, taken apart from the front.

use super::Damage;

/// Takes big-endian values off the front of bytes.
pub(super) struct Reader<'a> {
    all: &'a [u8],
    rest: &'a [u8],
    /// What it means when the bytes do not suffice.
    short: Damage,
}

impl<'a> Reader<'a> {
    pub(super) fn new(all: &'a [u8], short: Damage) -> Self {
        let rest = all;
        Self { all, rest, short }
    }

    pub(super) fn bytes(&mut self, count: usize) -> Result<&'a [u8], Damage> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(self.short)?;
        self.rest = rest;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<&'a [u8; N], Damage> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(self.short)?;
        self.rest = rest;
        Ok(taken)
    }

    pub(super) fn u8(&mut self) -> Result<u8, Damage> {
        self.array().map(|bytes| u8::from_be_bytes(*bytes))
    }

    pub(super) fn u16(&mut self) -> Result<u16, Damage> {
        self.array().map(|bytes| u16::from_be_bytes(*bytes))
    }

    pub(super) fn u32(&mut self) -> Result<u32, Damage> {
        self.array().map(|bytes| u32::from_be_bytes(*bytes))
    }

    pub(super) fn u64(&mut self) -> Result<u64, Damage> {
        self.array().map(|bytes| u64::from_be_bytes(*bytes))
    }

    /// A length of two bytes and as many bytes.
    pub(super) fn field(&mut self) -> Result<&'a [u8], Damage> {
        let length = self.u16()?;
        self.bytes(length.into())
    }

    pub(super) fn text(&mut self) -> Result<&'a str, Damage> {
        std::str::from_utf8(self.field()?).map_err(|_| Damage::ContextNotText)
    }

    /// Everything up to here.
    pub(super) fn consumed(&self) -> &'a [u8] {
        let (consumed, _) = self.all.split_at(self.all.len() - self.rest.len());
        consumed
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }
}
