//! `POST /dashboard/activity.csv` and `.jsonl`: an account's audit trail as a file, through the same filter as the page.
//!
//! POST and not GET, because taking the trail away leaves a record in it: no other site's link and no prefetching
//! browser may cause one. The file is written while it is read, a batch at a time, so its length has no bound and the
//! memory it takes has one. If the reading fails the connection breaks off: a file that arrives whole is whole.

pub(crate) mod csv;
mod json_lines;
mod text;

use crate::problem::Problem;
use crate::router::Serving;
use app::paths;
use app::server_context::activity::{read, split_account};
use axum::body::{Body, Bytes};
use axum::extract::{Extension, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use backend::activity::{Export, Names};
use backend::{Error, RequestContext};
use domain::audit::{Event, ExportFormat};
use domain::{Refusal, Timestamp};
use http::{HeaderValue, header};
use std::io;

pub(crate) async fn csv(
    State(serving): State<Serving>,
    Extension(context): Extension<RequestContext>,
    RawQuery(query): RawQuery,
) -> Response {
    export(&serving, &context, query, ExportFormat::Csv).await
}

pub(crate) async fn json_lines(
    State(serving): State<Serving>,
    Extension(context): Extension<RequestContext>,
    RawQuery(query): RawQuery,
) -> Response {
    export(&serving, &context, query, ExportFormat::JsonLines).await
}

async fn export(serving: &Serving, context: &RequestContext, query: Option<String>, format: ExportFormat) -> Response {
    match begin(serving, context, query.as_deref().unwrap_or_default(), format).await {
        Ok(export) => file(export, format, serving.backend.now()),
        Err(refused) => refused,
    }
}

async fn begin(
    serving: &Serving,
    context: &RequestContext,
    query: &str,
    format: ExportFormat,
) -> Result<Export, Response> {
    let account = match context.person() {
        Ok(person) => match person.seat() {
            Ok(seat) => seat.account_id.clone(),
            Err(_) => return Err(Problem::NotFound.into_response()),
        },
        Err(_) => return Err(Redirect::to(paths::SIGN_IN).into_response()),
    };
    let (filter, named) = split_account(query);
    if named.is_some_and(|named| named != account.as_str()) {
        return Err(Problem::NotFound.into_response());
    }
    let asked = read(&filter).map_err(|_| Problem::FilterInvalid.into_response())?;
    let begun = serving.backend.export_activity(context, &account, asked.filter, format).await;
    begun.map_err(|error| match error {
        Error::Refused(Refusal::SignedOut) => Redirect::to(paths::SIGN_IN).into_response(),
        Error::Refused(Refusal::NotAllowed) => Problem::NotAllowed.into_response(),
        Error::Refused(Refusal::NotFound) => Problem::NotFound.into_response(),
        Error::Refused(refusal) => {
            tracing::error!(request_id = context.request_id, code = refusal.code(), "an export was refused");
            Problem::Fault.into_response()
        }
        Error::Fault(fault) => {
            tracing::error!(request_id = context.request_id, fault = fault.chain(), "an export could not begin");
            Problem::from(&fault).into_response()
        }
    })
}

/// The export as a file to be kept: never drawn by the browser, never cached.
fn file(export: Export, format: ExportFormat, now: Timestamp) -> Response {
    let (kind, ending) = match format {
        ExportFormat::Csv => ("text/csv; charset=utf-8; header=present", "csv"),
        ExportFormat::JsonLines => ("application/jsonl; charset=utf-8", "jsonl"),
    };
    // `activity-2026-11-23T09-02-00Z.csv`: some systems have no colon in the names of files.
    let instant: String = now.to_rfc3339().chars().take(19).map(|c| if c == ':' { '-' } else { c }).collect();
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"activity-{instant}Z.{ending}\""));
    let mut response = Body::from_stream(futures_util::stream::try_unfold(
        Writing { export, format, now, begun: false },
        Writing::next,
    ))
    .into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(disposition) = disposition {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}

/// A file that is being written.
struct Writing {
    export: Export,
    format: ExportFormat,
    now: Timestamp,
    begun: bool,
}

impl Writing {
    async fn next(mut self) -> io::Result<Option<(Bytes, Self)>> {
        let first = !std::mem::replace(&mut self.begun, true);
        let batch = match self.export.next().await {
            Ok(batch) => batch,
            Err(error) => {
                match &error {
                    Error::Fault(fault) => tracing::error!(fault = fault.chain(), "an export broke off"),
                    Error::Refused(refusal) => tracing::error!(code = refusal.code(), "an export broke off"),
                }
                return Err(io::Error::other("the export broke off"));
            }
        };
        let written = match (batch, self.format) {
            (None, ExportFormat::Csv) if first => csv::write(first, &[], &Names::default(), self.now)?,
            (None, _) => return Ok(None),
            (Some((events, names)), ExportFormat::Csv) => csv::write(first, &events, names, self.now)?,
            (Some((events, _)), ExportFormat::JsonLines) => json_lines::write(&events)?,
        };
        Ok(Some((Bytes::from(written), self)))
    }
}

/// `person:user_… pair:pair_…`: what the record names, in one cell.
fn targets(event: &Event) -> String {
    let targets = event.targets.iter().map(|target| format!("{}:{}", target.kind(), target.id()));
    targets.collect::<Vec<_>>().join(" ")
}
