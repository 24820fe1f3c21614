//! `GET /v1/account`: whose key is this, and how long does it work?

use super::authentication::{announce_end, authenticate};
use crate::metrics::Endpoint;
use crate::problem::Problem;
use crate::router::Serving;
use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use backend::authenticate::Authenticated;
use serde::Serialize;
use utoipa::ToSchema;

/// Whose key it is.
#[derive(Serialize, ToSchema)]
#[schema(as = Owner)]
#[serde(rename_all = "camelCase")]
pub(super) struct Described {
    pub(super) account_id: String,
    /// The company's own customer id.
    #[schema(required)]
    pub(super) external_id: Option<String>,
    pub(super) key_pair: Pair,
}

/// A pair that works.
#[derive(Serialize, ToSchema)]
#[schema(as = WorkingPair)]
#[serde(rename_all = "camelCase")]
pub(super) struct Pair {
    id: String,
    public_key: String,
    /// `active` or `expiring`.
    #[schema(pattern = "^(active|expiring)$")]
    status: &'static str,
    /// Of an expiring pair: until when it works, exclusive. RFC 3339, in UTC.
    #[schema(required, format = DateTime)]
    expires_at: Option<String>,
}

/// Whose key is this?
#[utoipa::path(
    get,
    path = "/v1/account",
    operation_id = "showAccount",
    security(("privateKey" = []), ("privateKeyBearer" = [])),
    responses((status = 200, description = "The account and the pair.", body = Described, headers(
            ("Deprecation" = Option<String>, description = "Of an expiring pair: when it was rolled (RFC 9745)."),
            ("Sunset" = Option<String>, description = "Of an expiring pair: when it stops (RFC 8594)."),
            ("Link" = Option<String>, description = "Of an expiring pair: where to find the new one."),
        ))),
)]
pub(crate) async fn show(State(serving): State<Serving>, request: Request) -> Result<Response, Problem> {
    let (parts, _) = request.into_parts();
    let caller = authenticate(&serving, &parts, Endpoint::Account).await?;
    let mut response = Json(describe(&caller)).into_response();
    announce_end(&caller, &serving.site.public_url, response.headers_mut());
    Ok(response)
}

pub(super) fn describe(caller: &Authenticated) -> Described {
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
