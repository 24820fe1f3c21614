//! Every "no" that an upload can get, beside those about a private key.
//!
//! Not [`crate::Refusal`]: these are told to programs, in the words that ImageKit's clients know, and some name what they
//! are about.

use crate::upload::Parameter;
use crate::upload::form::NotHere;

/// Why an upload was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{}", self.code())]
pub enum UploadRefusal {
    /// A parameter is missing.
    Missing(Parameter),
    /// A parameter cannot be read, or is not within its limits.
    Invalid(Parameter),
    /// A parameter is there more than once: which one was meant cannot be told.
    Repeated(Parameter),
    /// A parameter that nobody here knows.
    UnknownParameter,
    /// What ImageKit does with this parameter is not done here.
    NotAvailable(NotHere),
    /// Neither a private key nor a signature.
    KeyMissing,
    /// A private key and a signature in one request.
    BothWays,
    /// A private key and a token that is signed in one request.
    KeyAndToken,
    /// The expiry has passed, is an hour or more ahead, or is no Unix time.
    ExpireInvalid,
    /// The token has been seen before.
    TokenUsed,
    /// The signature is not that of the pair's private key.
    SignatureInvalid,
    /// What came as a signed token is none, is not signed by the pair's private key, or may not be used now.
    TokenInvalid,
    /// The signed token's time has run out.
    TokenExpired,
    /// The form does not say what the signed token says, or says more.
    PayloadDiffers,
    /// Nobody's public key, or none at all.
    PublicKeyUnknown,
    /// The pair's scheduled end has passed.
    PublicKeyExpired,
    /// The pair was ended at once.
    PublicKeyRevoked,
    /// The page is of an origin that is not on the account's list.
    OriginNotAllowed,
    /// The private key's pair ended by schedule while the file was on its way.
    PrivateKeyExpired,
    /// The private key's pair was ended at once while the file was on its way.
    PrivateKeyRevoked,
    /// The pair works, its account does not.
    AccountDisabled,
    /// More uploads are under way, whose senders are not known yet, than are taken in at once.
    Crowded,
    /// The file is an address, and nothing is fetched from anywhere.
    FileIsUrl,
    /// The file is said to be base 64 or a data URI and is not.
    FileUnreadable,
    /// The file is larger than one may be.
    FileTooLarge,
    /// The account's files would be larger than they may be.
    AccountFull,
    /// There is a file with this name, and it may neither be replaced nor kept beside.
    NameTaken,
}

impl UploadRefusal {
    /// The stable code. Programs match on it, so it never changes.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Missing(_) => "PARAMETER_MISSING",
            Self::Invalid(_) => "PARAMETER_INVALID",
            Self::Repeated(_) => "PARAMETER_REPEATED",
            Self::UnknownParameter => "PARAMETER_UNKNOWN",
            Self::NotAvailable(_) => "PARAMETER_NOT_AVAILABLE",
            Self::KeyMissing => "KEY_MISSING",
            Self::BothWays => "KEY_AND_SIGNATURE",
            Self::KeyAndToken => "KEY_AND_TOKEN",
            Self::ExpireInvalid => "EXPIRE_INVALID",
            Self::TokenUsed => "TOKEN_USED",
            Self::SignatureInvalid => "SIGNATURE_INVALID",
            Self::TokenInvalid => "TOKEN_INVALID",
            Self::TokenExpired => "TOKEN_EXPIRED",
            Self::PayloadDiffers => "PAYLOAD_INVALID",
            Self::PublicKeyUnknown => "KEY_UNKNOWN",
            Self::PublicKeyExpired | Self::PrivateKeyExpired => "KEY_EXPIRED",
            Self::PublicKeyRevoked | Self::PrivateKeyRevoked => "KEY_REVOKED",
            Self::OriginNotAllowed => "ORIGIN_NOT_ALLOWED",
            Self::Crowded => "BUSY",
            Self::AccountDisabled => "ACCOUNT_DISABLED",
            Self::FileIsUrl => "FILE_IS_URL",
            Self::FileUnreadable => "FILE_UNREADABLE",
            Self::FileTooLarge => "FILE_TOO_LARGE",
            Self::AccountFull => "ACCOUNT_FULL",
            Self::NameTaken => "NAME_TAKEN",
        }
    }
}
