//! `POST /api/v1/files/upload`, as ImageKit's clients send it: server side with a private key, client side with a signature.
//! And `POST /api/v2/files/upload`, which differs in what is signed: a token that says what the whole form says.

mod body;
mod cors;
mod decoding;
mod form;
mod reading;
mod words;

pub(crate) use cors::{__path_preflight, __path_preflight_v2, allow, preflight, preflight_v2};
pub(crate) use words::{Wrong, broken};

use super::authentication::{announce_end, authenticate_if_asked, request_to_count, sender_of};
use super::files::described;
use super::openapi::ErrorBody;
use crate::accept::Guest;
use crate::metrics::{Endpoint, Proof};
use crate::problem::Problem;
use crate::router::Serving;
use axum::Json;
use axum::body::HttpBody as _;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use backend::Error;
use backend::authenticate::Authenticated;
use backend::store::FileRecord;
use backend::uploads::{Draft, Proven, Sender, Signed, UploadError};
use backend::usage::Request as Counted;
use bytes::Bytes;
use domain::upload::form::{Fields, ResponseField, Version};
use domain::upload::{Parameter, UploadForm, UploadRefusal};
use form::{FormV1, FormV2, UploadedFile};
use http::header;
use reading::{BodyError, Limits, ReadError, Taker, read};
use serde_json::{Value, json};
use std::sync::Arc;
use words::{refused, told};

/// How much larger than its file a request may be: its fields, its boundaries, and a third more if the file is base 64.
const AROUND_THE_FILE: u64 = 1_000_000;

/// Upload a file
///
/// As ImageKit's clients do: server side with a private key, client side with a signature.
#[utoipa::path(
    post,
    path = "/api/v1/files/upload",
    operation_id = "uploadFile",
    request_body(content = FormV1, content_type = "multipart/form-data"),
    security((), ("privateKey" = []), ("privateKeyBearer" = [])),
    responses(
        (status = 200, description = "The file is kept.", body = UploadedFile),
        (status = 400, description = "The form, or what signs it, is refused: docs/API.md has the codes.", body = ErrorBody),
        (status = 403, description = "The key, or the signature's pair, does not work, or the account is full.", body = ErrorBody),
    ),
)]
pub(crate) async fn upload(State(serving): State<Serving>, request: Request) -> Result<Response, Wrong> {
    take_in(&serving, request, Version::V1).await
}

/// Upload a file whose form a token vouches for
///
/// The second version: client side with a JSON Web Token whose payload is the form.
#[utoipa::path(
    post,
    path = "/api/v2/files/upload",
    operation_id = "uploadFileV2",
    request_body(content = FormV2, content_type = "multipart/form-data"),
    security((), ("privateKey" = []), ("privateKeyBearer" = [])),
    responses(
        (status = 200, description = "The file is kept.", body = UploadedFile),
        (status = 400, description = "The form, or what signs it, is refused: docs/API.md has the codes.", body = ErrorBody),
        (status = 403, description = "The key, or the signature's pair, does not work, or the account is full.", body = ErrorBody),
    ),
)]
pub(crate) async fn upload_v2(State(serving): State<Serving>, request: Request) -> Result<Response, Wrong> {
    take_in(&serving, request, Version::V2).await
}

async fn take_in(serving: &Serving, request: Request, version: Version) -> Result<Response, Wrong> {
    let (parts, body) = request.into_parts();
    // A key is in the headers, so it is looked at before anything of the file is taken in.
    let caller = authenticate_if_asked(serving, &parts, Endpoint::Upload).await?;
    let largest = serving.backend.policy().largest_upload_bytes;
    if body.size_hint().lower() > largest.saturating_mul(4) / 3 + AROUND_THE_FILE {
        return Err(refused(UploadRefusal::FileTooLarge, &Fields::default()));
    }
    let content_type = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let boundary = content_type.and_then(|text| multer::parse_boundary(text).ok());
    let missing = || refused(UploadRefusal::Missing(Parameter::File), &Fields::default());
    let boundary = boundary.ok_or_else(missing)?;
    let guest = parts.extensions.get::<Arc<Guest>>().cloned();

    let sender = sender_of(&parts.headers, &serving.site.public_url);
    let request = request_to_count(serving, &parts);
    let mut intake = Intake::new(serving, caller.as_ref(), sender, request);
    let read = read(version, &boundary, Limits::USUAL, body::paced(body, guest), &mut intake).await;
    let fields = match read {
        Ok(fields) => fields,
        Err(error) => return Err(unread(error)),
    };
    let file = intake.finish(&fields).await.map_err(|error| told(error, &fields))?;
    let (file, form) = file;
    let mut response = Json(uploaded(serving, &file, &form)).into_response();
    if let Some(caller) = &caller {
        announce_end(caller, &serving.site.public_url, response.headers_mut());
    }
    Ok(response)
}

fn unread(error: ReadError<(UploadError, Fields)>) -> Wrong {
    match error {
        ReadError::Body(BodyError::TooSlow) => Problem::BodyTooSlow.into(),
        ReadError::Body(BodyError::TooMuch) => Problem::BodyTooLarge.into(),
        ReadError::Body(BodyError::Broken) | ReadError::Malformed => Problem::BodyBroken.into(),
        ReadError::Refused(refusal) => refused(refusal, &Fields::default()),
        ReadError::Taker((error, fields)) => told(error, &fields),
    }
}

/// An upload on its way in.
struct Intake<'a> {
    serving: &'a Serving,
    request: Counted<'a>,
    sender: Sender,
    key: Option<Proven>,
    /// By a signature whose fields came before the file.
    signed: Option<Signed>,
    draft: Option<Draft>,
}

impl<'a> Intake<'a> {
    fn new(serving: &'a Serving, caller: Option<&Authenticated>, sender: Sender, request: Counted<'a>) -> Self {
        let key = caller.map(Proven::by_private_key);
        Self { serving, request, sender, key, signed: None, draft: None }
    }

    /// Whose it is, and the file. The token is used up first, whatever is wrong with the rest.
    async fn finish(mut self, fields: &Fields) -> Result<(FileRecord, UploadForm), UploadError> {
        let proven = match (self.key.take(), self.signed.take()) {
            (Some(_), _) if fields.is_signed() => {
                if self.signed.is_none() && fields.can_be_checked() {
                    // Only for the token.
                    let _ = prove_signature(self.serving, fields, &self.sender, None).await;
                }
                return Err(match fields.version() {
                    Version::V1 => UploadRefusal::BothWays.into(),
                    Version::V2 => UploadRefusal::KeyAndToken.into(),
                });
            }
            (Some(key), _) => key,
            (None, Some(signed)) => signed.agree(fields)?,
            (None, None) if fields.version() == Version::V1 && says_nothing_of_itself(fields) => {
                return Err(UploadRefusal::KeyMissing.into());
            }
            (None, None) => {
                prove_signature(self.serving, fields, &self.sender, Some(&self.request)).await?.agree(fields)?
            }
        };
        let form = UploadForm::read(fields)?;
        let draft = self.draft.ok_or(UploadRefusal::Missing(Parameter::File))?;
        let file = self.serving.backend.finish_upload(proven, form.clone(), draft).await?;
        Ok((file, form))
    }
}

impl Taker for Intake<'_> {
    type Error = (UploadError, Fields);

    async fn open(&mut self, fields: &Fields) -> Result<(), Self::Error> {
        let backend = &self.serving.backend;
        let failed = |error: UploadError| (error, fields.clone());
        if self.key.is_none() && fields.can_be_checked() {
            let signed = prove_signature(self.serving, fields, &self.sender, Some(&self.request)).await;
            self.signed = Some(signed.map_err(failed)?);
        }
        let proven = self.key.as_ref().or(self.signed.as_ref().map(Signed::proven));
        self.draft = Some(backend.begin_upload(proven, self.request.address).await.map_err(failed)?);
        Ok(())
    }

    async fn write(&mut self, bytes: Bytes) -> Result<(), Self::Error> {
        match &mut self.draft {
            Some(draft) => draft.write(bytes).await.map_err(|error| (error, Fields::default())),
            None => Ok(()),
        }
    }
}

async fn prove_signature(
    serving: &Serving,
    fields: &Fields,
    sender: &Sender,
    request: Option<&Counted<'_>>,
) -> Result<Signed, UploadError> {
    let proven = serving.backend.prove_signature(fields, sender, request).await;
    serving.metrics.signature(match &proven {
        Ok(_) => Proof::Valid,
        Err(UploadError::Other(Error::Fault(_))) => Proof::Fault,
        Err(_) => Proof::Refused,
    });
    proven
}

/// Whether nothing is there of what stands beside a file instead of a private key.
fn says_nothing_of_itself(fields: &Fields) -> bool {
    !fields.is_signed() && fields.get(Parameter::Token).is_none()
}

/// What ImageKit answers, and of the fields asked for those that are known here.
fn uploaded(serving: &Serving, file: &FileRecord, form: &UploadForm) -> Value {
    let all = serde_json::to_value(described(serving, file)).unwrap_or_default();
    let mut answer = json!({});
    for name in ["fileId", "name", "size", "versionInfo", "filePath", "url", "fileType", "AITags"] {
        answer[name] = all[name].clone();
    }
    for name in ["width", "height"] {
        if let Some(pixels) = all.get(name) {
            answer[name] = pixels.clone();
        }
    }
    for field in &form.response_fields {
        let known = match field {
            ResponseField::Tags
            | ResponseField::CustomCoordinates
            | ResponseField::IsPrivateFile
            | ResponseField::IsPublished
            | ResponseField::CustomMetadata => field.as_str(),
            // Nothing more is read out of files, and there is no schema.
            ResponseField::EmbeddedMetadata | ResponseField::Metadata | ResponseField::SelectedFieldsSchema => continue,
        };
        answer[known] = all[known].clone();
    }
    answer
}

#[cfg(test)]
#[path = "../../../../fuzz/oracles/multipart.rs"]
mod oracle;

#[cfg(test)]
mod tests {
    use super::oracle;
    use crate::api::replay;

    #[test]
    fn the_corpus_of_forms_holds() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
        replay::corpus(root, "multipart", |input| oracle::holds(input, |_, read| read()));
    }
}
