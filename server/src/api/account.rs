//! `GET /v1/account`: whose key is this, and how long does it work?

use super::authentication::{announce_end, authenticate};
use crate::metrics::Endpoint;
use crate::problem::Problem;
use crate::router::Serving;
use axum::extract::Request;
use axum::response::Response;
use backend::authenticate::Authenticated;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use serde::Serialize;
use std::sync::Arc;
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

/// What the headers of every answer begin with.
pub(crate) fn begin(headers: &mut HeaderMap) {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
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
pub(crate) async fn show(serving: Serving, request: Request, begun: Arc<HeaderMap>) -> Result<Response, Problem> {
    let (parts, _) = request.into_parts();
    let caller = authenticate(&serving, &parts, Endpoint::Account).await?;
    let mut headers = HeaderMap::clone(&begun);
    announce_end(&caller, &serving.site.public_url, &mut headers);
    let mut response = Response::new(describe(caller).into_json().into());
    *response.headers_mut() = headers;
    Ok(response)
}

impl Described {
    /// As `serde_json` would write it, which takes as long as finding the key does. Only the customer id can have characters that
    /// JSON writes in another way.
    fn into_json(self) -> String {
        let Self { account_id, external_id, key_pair } = self;
        let Pair { id, public_key, status, expires_at } = key_pair;
        let external_id = external_id.map(|id| serde_json::Value::from(id).to_string());
        let expires_at = expires_at.map(|at| format!("\"{at}\""));
        [
            "{\"accountId\":\"",
            &account_id,
            "\",\"externalId\":",
            external_id.as_deref().unwrap_or("null"),
            ",\"keyPair\":{\"id\":\"",
            &id,
            "\",\"publicKey\":\"",
            &public_key,
            "\",\"status\":\"",
            status,
            "\",\"expiresAt\":",
            expires_at.as_deref().unwrap_or("null"),
            "}}",
        ]
        .concat()
    }
}

pub(super) fn describe(caller: Authenticated) -> Described {
    Described {
        account_id: caller.account_id.into(),
        external_id: caller.external_id,
        key_pair: Pair {
            id: caller.pair_id.into(),
            public_key: caller.public_key.into(),
            status: caller.state.as_str(),
            expires_at: caller.state.expires_at().map(domain::Timestamp::to_rfc3339),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_description_is_written_as_serde_would(
            external_id in proptest::option::of(any::<String>()),
            at in proptest::option::of(0_i64..4_102_444_800_000),
        ) {
            let described = || Described {
                account_id: "acct_0123456789abcdefghjkmnpqrs".to_owned(),
                external_id: external_id.clone(),
                key_pair: Pair {
                    id: "pair_0123456789abcdefghjkmnpqrs".to_owned(),
                    public_key: "public_0123456789ABCDEFGHIJabcdefghij012345".to_owned(),
                    status: if at.is_some() { "expiring" } else { "active" },
                    expires_at: at.map(|at| domain::Timestamp::from_millis(at).to_rfc3339()),
                },
            };
            prop_assert_eq!(described().into_json(), serde_json::to_string(&described()).expect("JSON"));
        }
    }
}
