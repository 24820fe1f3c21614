//! The report of a bulk roll as comma-separated values, for the command line and the console alike.
//!
//! `POST /admin/bulk-rolls/report.csv`, and not GET: taking it away leaves a record (docs/decisions/0008).

use crate::activity::csv::rows_below;
use crate::problem::Problem;
use crate::router::Serving;
use app::paths;
use axum::extract::{Extension, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use backend::bulk_roll::BulkRollReport;
use backend::store::BulkRollRow;
use backend::{Error, RequestContext};
use domain::{BulkRollId, PublicKey, Refusal};
use http::{HeaderValue, header};
use std::io;

/// The report of the bulk roll that the query names, for an admin.
pub(crate) async fn csv(
    State(serving): State<Serving>,
    Extension(context): Extension<RequestContext>,
    RawQuery(query): RawQuery,
) -> Response {
    let made = make(&serving, &context, query.as_deref().unwrap_or_default()).await;
    made.unwrap_or_else(|error| match error {
        Error::Refused(Refusal::SignedOut) => Redirect::to(paths::SIGN_IN).into_response(),
        Error::Refused(_) => Problem::NotFound.into_response(),
        Error::Fault(fault) => {
            tracing::error!(request_id = context.request_id, fault = fault.chain(), "a report could not be made");
            Problem::from(&fault).into_response()
        }
    })
}

async fn make(serving: &Serving, context: &RequestContext, query: &str) -> backend::Result<Response> {
    let admin = context.as_admin()?;
    let id: BulkRollId =
        query.strip_prefix("bulk=").and_then(|id| id.parse().ok()).ok_or(Error::Refused(Refusal::NotFound))?;
    let report = serving.backend.report_bulk_roll(&admin, &id).await?;
    let Ok(file) = write(&report) else {
        return Ok(Problem::Fault.into_response());
    };
    let mut response = file.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{id}.csv\""));
    headers.extend(disposition.ok().map(|disposition| (header::CONTENT_DISPOSITION, disposition)));
    Ok(response)
}

/// docs/OPERATIONS.md says what each column holds.
const HEADER: [&str; 7] = ["accountId", "externalId", "owner", "oldPairId", "outcome", "doneAt", "newPublicKey"];

/// The whole file.
pub(crate) fn write(report: &BulkRollReport) -> io::Result<Vec<u8>> {
    rows_below(Some(HEADER), report.rows.iter().map(|row| Ok(cells(report, row))))
}

fn cells(report: &BulkRollReport, row: &BulkRollRow) -> [String; 7] {
    [
        row.account_id.to_string(),
        row.external_id.clone().unwrap_or_default(),
        row.owner.as_ref().map(ToString::to_string).unwrap_or_default(),
        row.pair_id.to_string(),
        report.outcome(row).to_owned(),
        row.outcome.as_ref().map(|(_, at)| at.to_rfc3339()).unwrap_or_default(),
        row.new_public_key.as_ref().map(PublicKey::to_string).unwrap_or_default(),
    ]
}
