//! `GET /v1/account`: whose key is this, and how long does it work?

use super::credentials::presented_key;
use crate::problem::Problem;
use crate::router::Serving;
use app::paths;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use backend::authenticate::{Authenticated, Verdict};
use backend::{Backend, Error};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde::Serialize;

const DEPRECATION: HeaderName = HeaderName::from_static("deprecation");
const SUNSET: HeaderName = HeaderName::from_static("sunset");

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Described {
    account_id: String,
    external_id: Option<String>,
    key_pair: Pair,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Pair {
    id: String,
    public_key: String,
    status: &'static str,
    /// RFC 3339, in UTC.
    expires_at: Option<String>,
}

pub(crate) async fn show(State(serving): State<Serving>, headers: HeaderMap) -> Result<Response, Problem> {
    let caller = authenticate(&serving.backend, &headers).await?;
    let mut response = Json(describe(&caller)).into_response();
    announce_end(&caller, &serving.site.public_url, response.headers_mut());
    Ok(response)
}

/// Whose request it is.
pub(super) async fn authenticate(backend: &Backend, headers: &HeaderMap) -> Result<Authenticated, Problem> {
    match backend.authenticate(&presented_key(headers)?).await {
        Ok(Verdict::Valid(caller)) => Ok(caller),
        Ok(Verdict::Unknown) => Err(Problem::KeyUnknown),
        Ok(Verdict::Public) => Err(Problem::KeyIsPublic),
        Ok(Verdict::Installation) => Err(Problem::KeyIsInstallation),
        Ok(Verdict::Expired) => Err(Problem::KeyExpired),
        Ok(Verdict::Revoked) => Err(Problem::KeyRevoked),
        Ok(Verdict::AccountDisabled) => Err(Problem::AccountDisabled),
        Err(Error::Fault(fault)) => {
            tracing::error!(fault = fault.chain(), "a key could not be checked");
            Err(Problem::from(&fault))
        }
        Err(Error::Refused(refusal)) => {
            tracing::error!(code = refusal.code(), "checking a key was refused");
            Err(Problem::Fault)
        }
    }
}

/// Whose request it is, if it comes with anything in the place of a key.
pub(super) async fn authenticate_if_asked(
    backend: &Backend,
    headers: &HeaderMap,
) -> Result<Option<Authenticated>, Problem> {
    if headers.contains_key(header::AUTHORIZATION) { authenticate(backend, headers).await.map(Some) } else { Ok(None) }
}

fn describe(caller: &Authenticated) -> Described {
    Described {
        account_id: caller.account_id.to_string(),
        external_id: caller.external_id.clone(),
        key_pair: Pair {
            id: caller.pair_id.to_string(),
            public_key: caller.public_key.to_string(),
            status: caller.state.as_str(),
            expires_at: caller.state.expires_at().map(domain::Timestamp::to_rfc3339),
        },
    }
}

/// Tells the holder of an expiring pair, in headers that monitoring understands, since when (`Deprecation`, RFC 9745),
/// until when (`Sunset`, RFC 8594) and where to act.
pub(super) fn announce_end(caller: &Authenticated, public_url: &str, headers: &mut HeaderMap) {
    let (Some(rolled_at), Some(expires_at)) = (caller.rolled_at, caller.state.expires_at()) else {
        return;
    };
    let page = format!("<{public_url}{}>; rel=\"deprecation\"; type=\"text/html\"", paths::DEVELOPERS);
    let values = [
        (DEPRECATION, format!("@{}", rolled_at.as_unix_seconds())),
        (SUNSET, expires_at.to_http_date()),
        (header::LINK, page),
    ];
    for (name, value) in values {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
}
