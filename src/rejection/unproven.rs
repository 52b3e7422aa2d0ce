//! Why a webhook is not proven to come from its sender.

/// For the log only: the caller gets one text for all of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Unproven {
    /// A header that carries the signature, or a part of what is signed, is not there.
    #[error("header {0} is missing")]
    Missing(String),
    /// A header of which there must be one.
    #[error("header {0} is there more than once")]
    Repeated(String),
    /// Longer than any sender makes it.
    #[error("header {0} is too long")]
    TooLong(String),
    /// Not ASCII, in another encoding or of another shape.
    #[error("{0} is not of the scheme's form")]
    Unreadable(String),
    /// More signatures than are tried.
    #[error("more signatures than are tried")]
    TooMany,
    /// Signed longer ago than is tolerated.
    #[error("signed longer ago than is tolerated")]
    Stale,
    /// Signed further in the future than is tolerated.
    #[error("signed further in the future than is tolerated")]
    Future,
    /// Another secret, another body, another signature.
    #[error("no signature fits under any of the secrets")]
    Wrong,
    /// The link has no key from which its secret follows.
    #[error("the link has no generated secret")]
    NoGeneratedSecret,
}
