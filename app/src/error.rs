//! What a server function may answer instead of its value: a bare code.
//!
//! Without WASM an error travels in the URL, where anybody can forge one. So it carries no text of its own: whatever a
//! forged link says, the page shows one of our own sentences or nothing.

use domain::Refusal;
use leptos::prelude::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};
use server_fn::codec::JsonEncoding;

/// Why a server function did not do what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub enum AppError {
    /// The product says no.
    Refused(Refusal),
    /// Something broke on the server. The log has it under the request's id.
    Fault,
    /// The server's disk is full. Nothing was changed.
    StorageFull,
    /// The server cannot write to its disk. Nothing was changed.
    StorageUnwritable,
    /// Others kept the server's database busy for too long. Nothing was changed.
    Unavailable,
    /// The server did not answer, or not in words this page understands (it was updated meanwhile).
    Unreachable,
}

const FAULT: &str = "FAULT";
const STORAGE_FULL: &str = "STORAGE_FULL";
const STORAGE_UNWRITABLE: &str = "STORAGE_UNWRITABLE";
const UNAVAILABLE: &str = "UNAVAILABLE";
const UNREACHABLE: &str = "UNREACHABLE";

impl AppError {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.code(),
            Self::Fault => FAULT,
            Self::StorageFull => STORAGE_FULL,
            Self::StorageUnwritable => STORAGE_UNWRITABLE,
            Self::Unavailable => UNAVAILABLE,
            Self::Unreachable => UNREACHABLE,
        }
    }

    /// What to tell a person.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.sentence(),
            Self::Fault => "Something broke on our side, and it has been written down. Nothing was changed. Try again.",
            Self::StorageFull => {
                "The server's disk is full, so nothing was changed. Tell whoever runs it, and try again later."
            }
            Self::StorageUnwritable => {
                "The server cannot write to its disk, so nothing was changed. Tell whoever runs it, and try again later."
            }
            Self::Unavailable => "The server is busy writing, so nothing was changed. Try again in a few seconds.",
            Self::Unreachable => {
                "The server did not answer. Check your connection and reload the page to see what happened."
            }
        }
    }

    /// The HTTP status that says the same to a program. The server sets it, since server functions always answer 500.
    pub const fn status(self) -> u16 {
        match self {
            Self::Fault => 500,
            // Only what could not be read as this function's arguments makes the server itself answer this.
            Self::Unreachable => 400,
            // Insufficient Storage (RFC 4918, section 11.5).
            Self::StorageFull => 507,
            Self::StorageUnwritable | Self::Unavailable => 503,
            Self::Refused(refusal) => match refusal {
                Refusal::SignedOut | Refusal::SignInFailed => 401,
                Refusal::StepUpDue
                | Refusal::PasswordWrong
                | Refusal::NotAllowed
                | Refusal::NoAccount
                | Refusal::SignUpClosed
                | Refusal::InvitationNeeded
                | Refusal::InvitationForAnother => 403,
                Refusal::NotFound => 404,
                Refusal::EmailTaken
                | Refusal::MemberAlready
                | Refusal::LastOwner
                | Refusal::RoleUnchanged
                | Refusal::TooManyInvitations
                | Refusal::EmailUnchanged
                | Refusal::ExternalIdTaken
                | Refusal::PairAlreadyRolled
                | Refusal::TooManyWorkingPairs
                | Refusal::PairIsActive
                | Refusal::DisabledAlready
                | Refusal::EnabledAlready
                | Refusal::BulkRollOver
                | Refusal::AdminAlready
                | Refusal::OriginListed
                | Refusal::OriginLast
                | Refusal::TooManyOrigins
                | Refusal::PairEnded => 409,
                Refusal::LinkInvalid | Refusal::InvitationInvalid => 410,
                Refusal::EmailInvalid
                | Refusal::ExternalIdInvalid
                | Refusal::NameInvalid
                | Refusal::RoleMissing
                | Refusal::PasswordTooShort
                | Refusal::PasswordTooLong
                | Refusal::PasswordCommon
                | Refusal::ReasonMissing
                | Refusal::TooManyLines
                | Refusal::NothingToRoll
                | Refusal::ReasonTooLong
                | Refusal::MessageTooLong
                | Refusal::ExpiryMissing
                | Refusal::ExpiryInvalid
                | Refusal::ExpiryPast
                | Refusal::ExpiryTooFar
                | Refusal::OriginSchemeMissing
                | Refusal::OriginHasMore
                | Refusal::OriginWildcard
                | Refusal::OriginNull
                | Refusal::OriginInvalid
                | Refusal::InvalidInput => 422,
                Refusal::TooManyAttempts => 429,
                Refusal::Busy => 503,
            },
        }
    }
}

/// A text that is no error's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownCode;

impl std::fmt::Display for UnknownCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("unknown error code")
    }
}

impl TryFrom<String> for AppError {
    type Error = UnknownCode;

    fn try_from(code: String) -> Result<Self, UnknownCode> {
        match code.as_str() {
            FAULT => Ok(Self::Fault),
            STORAGE_FULL => Ok(Self::StorageFull),
            STORAGE_UNWRITABLE => Ok(Self::StorageUnwritable),
            UNAVAILABLE => Ok(Self::Unavailable),
            UNREACHABLE => Ok(Self::Unreachable),
            code => Refusal::from_code(code).map(Self::Refused).ok_or(UnknownCode),
        }
    }
}

impl From<AppError> for &'static str {
    fn from(error: AppError) -> Self {
        error.code()
    }
}

impl std::fmt::Display for AppError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

impl FromServerFnError for AppError {
    type Encoder = JsonEncoding;

    /// The framework's texts are dropped: those about arguments echo what was typed.
    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) => Self::Refused(Refusal::InvalidInput),
            ServerFnErrorErr::Request(_)
            | ServerFnErrorErr::Response(_)
            | ServerFnErrorErr::Deserialization(_)
            | ServerFnErrorErr::UnsupportedRequestMethod(_) => Self::Unreachable,
            ServerFnErrorErr::Registration(_)
            | ServerFnErrorErr::Serialization(_)
            | ServerFnErrorErr::MiddlewareError(_)
            | ServerFnErrorErr::ServerError(_) => Self::Fault,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_a_bare_code_and_read_back() {
        let refusals = Refusal::ALL.iter().map(|refusal| AppError::Refused(*refusal));
        let others = [
            AppError::Fault,
            AppError::StorageFull,
            AppError::StorageUnwritable,
            AppError::Unavailable,
            AppError::Unreachable,
        ];
        for error in refusals.chain(others) {
            let bytes = error.ser();
            assert_eq!(bytes, format!("\"{}\"", error.code()));
            assert_eq!(AppError::de(bytes), error);
        }
    }

    #[test]
    fn a_forged_error_says_nothing_its_author_chose() {
        for forged in ["\"<b>call us</b>\"", "\"PASSWORD_WRONG \"", "{}", "", "\"Your account is lost\""] {
            assert_eq!(AppError::de(forged.as_bytes().to_vec().into()), AppError::Unreachable, "{forged}");
        }
    }
}
