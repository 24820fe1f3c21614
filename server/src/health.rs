//! `/livez` and `/readyz`, for whoever starts this process again or sends requests elsewhere.
//!
//! A check that fails is logged when it begins to fail and when it works again, and not each time somebody asks.

use crate::accept::Stopping;
use crate::opening::chain;
use crate::router::Serving;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use utoipa::ToSchema;

/// What the database needs for its log and for tidying up after itself.
pub const LEAST_FREE: u64 = 64 * 1024 * 1024;

/// How long the database may take; balancers seldom wait longer.
const SOON: Duration = Duration::from_secs(2);

/// What `/readyz` knows.
#[derive(Debug)]
pub struct Health {
    stopping: Stopping,
    /// The file whose disk is watched.
    data: PathBuf,
    least_free: u64,
    reported: Mutex<Option<Report>>,
}

/// What `/readyz` says. None of it is a secret, and none of it is a number that tells strangers how large we are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Report {
    ready: bool,
    stopping: bool,
    database: Condition,
    master_key: Condition,
    disk: Condition,
}

/// What `/livez` says.
#[derive(Serialize, ToSchema)]
pub(crate) struct Alive {
    alive: bool,
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Condition {
    Ok,
    /// Less than [`Health::least_free`].
    Low,
    Failing,
    /// Cannot be told.
    Unknown,
}

impl Health {
    /// Of a process whose database is this file.
    pub fn new(stopping: Stopping, data: PathBuf, least_free: u64) -> Self {
        Self { stopping, data, least_free, reported: Mutex::default() }
    }

    /// Whether the process has been asked to stop.
    pub fn stopping(&self) -> &Stopping {
        &self.stopping
    }

    fn say_what_changed(&self, report: Report, reason: Option<&str>) {
        let before = self.reported.lock().unwrap_or_else(PoisonError::into_inner).replace(report);
        if !report.is_news_after(before) {
            return;
        }
        let Report { database, master_key, disk, .. } = report;
        if report.is_well() {
            tracing::info!("every check of /readyz passes again");
        } else {
            tracing::warn!(?database, ?master_key, ?disk, reason, "a check of /readyz does not pass");
        }
    }
}

impl Report {
    fn is_well(self) -> bool {
        [self.database, self.master_key, self.disk].iter().all(|condition| *condition == Condition::Ok)
    }

    /// Whether a check passes or fails that did not before. That the process is asked to stop is logged where that
    /// happens.
    fn is_news_after(self, before: Option<Self>) -> bool {
        let checks = |report: Self| (report.database, report.master_key, report.disk);
        before.map_or(!self.is_well(), |before| checks(before) != checks(self))
    }
}

/// Is the process alive?
///
/// As long as it answers at all. Asks nothing of anybody.
#[utoipa::path(
    get,
    path = "/livez",
    operation_id = "live",
    responses((status = 200, description = "It is.", body = Alive)),
)]
pub(crate) async fn live() -> Json<Alive> {
    Json(Alive { alive: true })
}

/// Should requests be sent here?
///
/// Whether they should: the database answers, the master key is the one it was first used with, and
/// nobody has asked the process to stop.
///
/// A disk that is nearly full is reported and changes nothing: keys are still checked, and that is what most requests
/// want. Taking every instance out of the balancer because nobody could be rolled would make it worse.
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "ready",
    responses(
        (status = 200, description = "They should.", body = Report),
        (status = 503, description = "They should not.", body = Report, headers(("Retry-After" = String))),
    ),
)]
pub(crate) async fn ready(State(serving): State<Serving>) -> Response {
    let health = &serving.health;
    let (data, least_free) = (health.data.clone(), health.least_free);
    let (keys, free) = tokio::join!(
        tokio::time::timeout(SOON, ask_database(&serving)),
        tokio::time::timeout(SOON, tokio::task::spawn_blocking(move || free_space(&data))),
    );
    let (database, master_key, reason) = match keys {
        Ok(Ok(true)) => (Condition::Ok, Condition::Ok, None),
        Ok(Ok(false)) => (Condition::Ok, Condition::Failing, None),
        Ok(Err(error)) => (Condition::Failing, Condition::Unknown, Some(chain(&error))),
        Err(_) => (Condition::Failing, Condition::Unknown, Some("no answer in time".to_owned())),
    };
    let disk = match free {
        Ok(Ok(Ok(free))) if free < least_free => Condition::Low,
        Ok(Ok(Ok(_))) => Condition::Ok,
        _ => Condition::Unknown,
    };
    let stopping = health.stopping.has_begun();
    let ready = !stopping && database == Condition::Ok && master_key == Condition::Ok;
    let report = Report { ready, stopping, database, master_key, disk };
    health.say_what_changed(report, reason.as_deref());
    if ready {
        Json(report).into_response()
    } else {
        let again = (header::RETRY_AFTER, HeaderValue::from_static("5"));
        (StatusCode::SERVICE_UNAVAILABLE, [again], Json(report)).into_response()
    }
}

/// Whether the database's keys are those this process can use.
async fn ask_database(serving: &Serving) -> backend::Result<bool> {
    serving.backend.ping().await?;
    serving.backend.has_its_master_key().await
}

/// What this process may still write to the disk that a file is on, in bytes.
#[cfg(unix)]
pub(crate) fn free_space(file: &Path) -> io::Result<u64> {
    let disk = rustix::fs::statvfs(file)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// What this process may still write to the disk that a file is on, in bytes.
#[cfg(not(unix))]
pub(crate) fn free_space(_: &Path) -> io::Result<u64> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changes_is_news() {
        let report = |database, stopping: bool| Report {
            ready: database == Condition::Ok && !stopping,
            stopping,
            database,
            master_key: Condition::Ok,
            disk: Condition::Ok,
        };
        let (well, ill) = (report(Condition::Ok, false), report(Condition::Failing, false));
        assert!(!well.is_news_after(None) && ill.is_news_after(None));
        assert!(ill.is_news_after(Some(well)) && well.is_news_after(Some(ill)));
        assert!(!well.is_news_after(Some(well)) && !ill.is_news_after(Some(ill)));
        assert!(!report(Condition::Ok, true).is_news_after(Some(well)));
    }
}
