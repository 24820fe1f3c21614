//! `GET /v1/account`: whose key is this, and how long does it work?

use super::authentication::{announce_end, authenticate};
use crate::problem::Problem;
use crate::router::Serving;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use backend::authenticate::Authenticated;
use http::request::Parts;
use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Described {
    account_id: Option<String>,
    external_id: Option<String>,
    key_pair: Option<Pair>,
}

impl Described {
    /// Of a key that is not valid nobody is told whose it is.
    pub(super) const NOBODY: Self = Self { account_id: None, external_id: None, key_pair: None };
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

pub(crate) async fn show(State(serving): State<Serving>, parts: Parts) -> Result<Response, Problem> {
    let caller = authenticate(&serving, &parts).await?;
    let mut response = Json(describe(&caller)).into_response();
    announce_end(&caller, &serving.site.public_url, response.headers_mut());
    Ok(response)
}

pub(super) fn describe(caller: &Authenticated) -> Described {
    Described {
        account_id: Some(caller.account_id.to_string()),
        external_id: caller.external_id.clone(),
        key_pair: Some(Pair {
            id: caller.pair_id.to_string(),
            public_key: caller.public_key.to_string(),
            status: caller.state.as_str(),
            expires_at: caller.state.expires_at().map(domain::Timestamp::to_rfc3339),
        }),
    }
}
