//! The bytes of uploaded files as answers: to be saved, never to be shown. What was uploaded is somebody else's page, script
//! or picture, and these answers come from where the dashboard is.

use crate::problem::Problem;
use crate::router::Serving;
use app::paths;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use backend::files::{FilesCaller, Reading};
use backend::store::FileRecord;
use backend::{Error, RequestContext};
use domain::{FileId, Refusal};
use http::{HeaderValue, header};
use serde::Deserialize;

/// Nothing that was uploaded may do anything in a browser, wherever it is opened.
const SANDBOX: HeaderValue = HeaderValue::from_static("default-src 'none'; sandbox; frame-ancestors 'none'");

/// A file as an attachment.
pub(crate) fn attachment(file: &FileRecord, reading: Reading) -> Response {
    let kind = file.image_type.as_deref().unwrap_or("application/octet-stream");
    let mut response = Response::new(Body::from_stream(reading.pieces));
    let set = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_LENGTH, reading.size.to_string()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", file.name)),
    ] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            set.insert(name, value);
        }
    }
    set.insert(header::CONTENT_SECURITY_POLICY, SANDBOX);
    response
}

#[derive(Deserialize)]
pub(crate) struct Asked {
    file: FileId,
}

/// `GET /dashboard/files/download?file=…`: a file of the account in which somebody is signed in, whether or not it is
/// private. A GET, since it changes nothing and is on no record: whoever has the address of a published file fetches that
/// without one too.
pub(crate) async fn of_member(
    State(serving): State<Serving>,
    Extension(context): Extension<RequestContext>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let account_id = match context.person() {
        Ok(person) => match person.seat() {
            Ok(seat) => &seat.account_id,
            Err(_) => return Problem::NotFound.into_response(),
        },
        Err(_) => return Redirect::to(paths::SIGN_IN).into_response(),
    };
    let Ok(Query(Asked { file })) = asked else {
        return Problem::NotFound.into_response();
    };
    let caller = FilesCaller::Member { context: &context, account_id };
    match serving.backend.fetch_own_file(caller, &file).await {
        Ok((file, reading)) => attachment(&file, reading),
        Err(Error::Refused(Refusal::NotAllowed)) => Problem::NotAllowed.into_response(),
        Err(Error::Refused(Refusal::NotFound)) => Problem::NotFound.into_response(),
        Err(Error::Refused(refusal)) => {
            tracing::error!(request_id = context.request_id, code = refusal.code(), "a download was refused");
            Problem::Fault.into_response()
        }
        Err(Error::Fault(fault)) => {
            tracing::error!(request_id = context.request_id, fault = fault.chain(), "a file could not be read");
            Problem::from(&fault).into_response()
        }
    }
}
