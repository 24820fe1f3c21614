//! How an upload is refused: the statuses and messages of ImageKit where they are known, and the same style elsewhere.

use super::super::input::Complaint;
use crate::problem::Problem;
use axum::response::{IntoResponse, Response};
use backend::uploads::UploadError;
use backend::{Error, Fault};
use domain::Refusal;
use domain::upload::form::{Fields, Version};
use domain::upload::{Parameter, UploadRefusal};
use http::{HeaderValue, StatusCode, header};

/// Why an upload was not done, ready to be told.
#[derive(Debug)]
pub(crate) enum Wrong {
    Problem(Problem),
    Complaint(Complaint),
}

impl IntoResponse for Wrong {
    fn into_response(self) -> Response {
        match self {
            Self::Problem(problem) => problem.into_response(),
            Self::Complaint(complaint) => {
                let busy = complaint.status == StatusCode::SERVICE_UNAVAILABLE;
                let mut response = complaint.into_response();
                if busy {
                    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
                }
                // What is still on its way of the file is not waited for.
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
                response
            }
        }
    }
}

impl From<Problem> for Wrong {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

/// Tells why an upload failed. `fields` are for naming the token that was used before.
pub(super) fn told(error: UploadError, fields: &Fields) -> Wrong {
    match error {
        UploadError::Refused(refusal) => refused(refusal, fields),
        UploadError::Other(Error::Refused(refusal)) => Wrong::Problem(not_done(refusal)),
        UploadError::Other(Error::Fault(fault)) => Wrong::Problem(broken(&fault)),
        UploadError::TooManyFailures(wait) => Wrong::Problem(Problem::TooManyFailures(wait)),
    }
}

fn not_done(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::NotFound => Problem::NotFound,
        other => {
            tracing::error!(code = other.code(), "an upload was refused in a way it cannot be");
            Problem::Fault
        }
    }
}

pub(crate) fn broken(fault: &Fault) -> Problem {
    tracing::error!(fault = fault.chain(), "a file could not be kept or read");
    Problem::from(fault)
}

/// The answer to a refusal.
pub(super) fn refused(refusal: UploadRefusal, fields: &Fields) -> Wrong {
    match refusal {
        UploadRefusal::KeyMissing => return Problem::KeyMissing.into(),
        UploadRefusal::PrivateKeyExpired => return Problem::KeyExpired.into(),
        UploadRefusal::PrivateKeyRevoked => return Problem::KeyRevoked.into(),
        UploadRefusal::AccountDisabled => return Problem::AccountDisabled.into(),
        _ => {}
    }
    let status = match refusal {
        UploadRefusal::PublicKeyUnknown
        | UploadRefusal::PublicKeyExpired
        | UploadRefusal::PublicKeyRevoked
        | UploadRefusal::OriginNotAllowed
        | UploadRefusal::AccountFull => StatusCode::FORBIDDEN,
        UploadRefusal::Crowded => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::BAD_REQUEST,
    };
    complaint(status, refusal, fields)
}

fn complaint(status: StatusCode, refusal: UploadRefusal, fields: &Fields) -> Wrong {
    let (message, help) = words(refusal, fields);
    Wrong::Complaint(Complaint { status, code: refusal.code(), message, help: help.to_owned() })
}

fn words(refusal: UploadRefusal, fields: &Fields) -> (String, &'static str) {
    let names = |text: &str, parameter: Parameter| text.replace("PARAMETER", parameter.as_str());
    match refusal {
        UploadRefusal::Missing(parameter) => (
            names("Your request is missing PARAMETER parameter.", parameter),
            "Nothing was kept. Send multipart/form-data with this parameter in it.",
        ),
        UploadRefusal::Invalid(parameter) => (
            names("Your request contains invalid PARAMETER parameter.", parameter),
            "Nothing was kept. docs/API.md says what every parameter may be.",
        ),
        UploadRefusal::Repeated(parameter) => (
            names("Your request contains PARAMETER parameter more than once.", parameter),
            "Nothing was kept. Which of them is meant cannot be told: send it once.",
        ),
        UploadRefusal::UnknownParameter => (
            "Your request contains a parameter that is not known here.".to_owned(),
            "Nothing was kept. Parameters are spelt as in ImageKit's upload API, upper and lower case included.",
        ),
        UploadRefusal::NotAvailable(not_here) => (
            format!("Your request contains {} parameter, which is not available here.", not_here.as_str()),
            "Nothing was kept. Files are kept here as they come: they are neither changed nor examined.",
        ),
        UploadRefusal::BothWays => (
            "Your request contains both signature and basic auth parameter. Use only one method, you might be exposing your private API key.".to_owned(),
            "Nothing was kept. If a browser or an app sent this, its private key is known to whoever uses it: roll the keys.",
        ),
        UploadRefusal::KeyAndToken => (
            "Your request contains both token and basic auth parameter. Use only one method, you might be exposing your private API key.".to_owned(),
            "Nothing was kept. If a browser or an app sent this, its private key is known to whoever uses it: roll the keys.",
        ),
        UploadRefusal::TokenInvalid => (
            "Your request has invalid token.".to_owned(),
            "Nothing was kept. The token is a JSON Web Token: HS256 with the private key of the pair whose public key is its kid, with whole seconds as iat and exp, issued no later than now and living an hour at most.",
        ),
        UploadRefusal::TokenExpired => (
            "Your request contains expired token.".to_owned(),
            "Nothing was kept. exp has passed: make a new token for every attempt.",
        ),
        UploadRefusal::PayloadDiffers => (
            "Your request contains invalid payload. It does not match with the payload used to generate token.".to_owned(),
            "Nothing was kept, and the token is used up. Its payload has every field of the form but file and token, each as the text that is sent, besides iat and exp.",
        ),
        UploadRefusal::ExpireInvalid => (
            "Your request contains invalid expire parameter. Expire parameter should be a Unix time in less than 1 hour into the future.".to_owned(),
            "Nothing was kept, and the token is used up. expire is an instant in seconds since 1970, not a span of time.",
        ),
        UploadRefusal::TokenUsed if fields.version() == Version::V2 => (
            "The token has been used before.".to_owned(),
            "Nothing was kept. Make a new token for every attempt, and let nobody cache them. Two made in the same second for the same form are one: let their exp differ.",
        ),
        UploadRefusal::TokenUsed => (token_used(fields), "Nothing was kept. Ask for new upload parameters for every attempt, and let nobody cache them."),
        UploadRefusal::SignatureInvalid => (
            "Your request contains invalid signature parameter.".to_owned(),
            "Nothing was kept, and the token is used up. The signature is the lower-case hex HMAC-SHA1 of token and expire with the private key of the same pair as the public key.",
        ),
        UploadRefusal::PublicKeyUnknown => (
            "Your account cannot be authenticated.".to_owned(),
            "Check that the whole public key was copied and that it belongs to this installation. It is in the developers tab of the dashboard.",
        ),
        UploadRefusal::PublicKeyExpired => (
            "Your request contains expired public API key.".to_owned(),
            "This pair was rolled and its time has run out. Use both keys of the active pair; they are in the developers tab of the dashboard.",
        ),
        UploadRefusal::PublicKeyRevoked => (
            "Your request contains expired public API key.".to_owned(),
            "This pair was ended at once. Use both keys of the active pair; they are in the developers tab of the dashboard.",
        ),
        UploadRefusal::OriginNotAllowed => (
            "Your request comes from a page whose origin is not allowed.".to_owned(),
            "Nothing was kept, and the token is used up. This account takes signed uploads from the pages of some origins only. If this page's is to be among them, an owner or a developer adds it to the list on the developers tab of the dashboard.",
        ),
        UploadRefusal::FileIsUrl => (
            "Your request contains invalid file parameter. A URL is not fetched here.".to_owned(),
            "Nothing was kept. Send the file itself, or its content as base 64 or as a data URI.",
        ),
        UploadRefusal::FileUnreadable => (
            "Your request contains invalid file parameter. It is neither a file nor base 64 nor a base 64 data URI.".to_owned(),
            "Nothing was kept. Send bytes with a file name, base 64, or data:TYPE;base64, and base 64.",
        ),
        UploadRefusal::FileTooLarge => (
            "Your request contains invalid file parameter. The file size exceeds limits.".to_owned(),
            "Nothing was kept. Whoever runs this service decides how large a file may be: LATCHKEY_LARGEST_UPLOAD_MB.",
        ),
        UploadRefusal::AccountFull => (
            "Upload Limit Exceeded.".to_owned(),
            "Nothing was kept. The account's files are as large as they may be together: delete some, or ask whoever runs this service.",
        ),
        UploadRefusal::NameTaken => (
            "A file with the same name already exists at the exact location. We could not overwrite it because both overwriteFile and useUniqueFileName are set to false.".to_owned(),
            "Nothing was kept. Choose another name, or set one of the two to true.",
        ),
        UploadRefusal::Crowded => (
            "Too many uploads are under way.".to_owned(),
            "Nothing was kept. Try again in a few seconds.",
        ),
        // Told in the words of the API.
        UploadRefusal::KeyMissing
        | UploadRefusal::PrivateKeyExpired
        | UploadRefusal::PrivateKeyRevoked
        | UploadRefusal::AccountDisabled => (String::new(), ""),
    }
}

/// Names the token, as ImageKit does, unless it is something that should not be said back.
fn token_used(fields: &Fields) -> String {
    let token = fields.get(Parameter::Token).unwrap_or_default();
    let plain = (1..=64).contains(&token.len())
        && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        && !token.contains("private_");
    let value = if plain { format!(" with value '{token}'") } else { String::new() };
    format!(
        "The token{value} has been used before. We suggest using V4 UUIDs, or another random string with enough entropy to avoid collisions."
    )
}
