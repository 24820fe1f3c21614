//! `POST /v1/keys/verify`: what a key that somebody was sent is worth, for a company's program that asks by itself.
//!
//! The key in the body is the only credential: its holder learns what `GET /v1/account` would say, and who guesses learns that
//! nobody has it. docs/decisions/0014 has the reasons.

use super::account::{Described, Pair, describe};
use super::authentication::judge;
use super::input::{Complaint, Members};
use super::openapi::ErrorBody;
use crate::metrics::Endpoint;
use crate::problem::Problem;
use crate::router::Serving;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use backend::authenticate::Authenticated;
use http::request::Parts;
use serde::Serialize;
use utoipa::ToSchema;

/// Of one request: about as many as fit into its body.
const MOST_AT_ONCE: usize = 100;

/// What is said of one key. The same members, whatever it is worth.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Worth {
    valid: bool,
    /// Why it is not valid, as in the table of errors; null if it is.
    #[schema(required)]
    code: Option<&'static str>,
    /// Null, as what follows, if it is not valid.
    #[schema(required)]
    account_id: Option<String>,
    /// The company's own customer id.
    #[schema(required)]
    external_id: Option<String>,
    #[schema(required)]
    key_pair: Option<Pair>,
}

impl Worth {
    const fn nothing(code: &'static str) -> Self {
        Self { valid: false, code: Some(code), account_id: None, external_id: None, key_pair: None }
    }

    fn of(caller: Authenticated) -> Self {
        let Described { account_id, external_id, key_pair } = describe(caller);
        Self { valid: true, code: None, account_id: Some(account_id), external_id, key_pair: Some(key_pair) }
    }
}

/// What is asked about one key.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a description: what is sent is read by `Members`, which names what is wrong")]
pub(super) struct KeyToVerify {
    /// Whatever stood in the place of a private key.
    key: String,
}

/// What is asked about several.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a description, too")]
pub(super) struct KeysToVerify {
    /// At most 100.
    #[schema(max_items = 100)]
    keys: Vec<String>,
}

/// What is said of several keys.
#[derive(Serialize, ToSchema)]
pub(super) struct Worths {
    /// In the order of the keys.
    results: Vec<Worth>,
}

/// What is this key worth?
///
/// The key in the body is the only credential. Of the answer `valid` says whether it may be accepted.
#[utoipa::path(
    post,
    path = "/v1/keys/verify",
    operation_id = "verifyKey",
    request_body = KeyToVerify,
    responses(
        (status = 200, description = "What it is worth, valid or not.", body = Worth),
        (status = 422, description = "A member that is unknown, missing, repeated or no text.", body = ErrorBody),
    ),
)]
pub(crate) async fn one(State(serving): State<Serving>, parts: Parts, body: Bytes) -> Result<Response, Response> {
    let mut members = Members::of_body(&body, &["key"]).map_err(Complaint::into_response)?;
    let key = members.text("key").map_err(Complaint::into_response)?;
    let worth = weigh(&serving, &parts, &key).await.map_err(Problem::into_response)?;
    Ok(Json(worth).into_response())
}

/// What are these keys worth?
///
/// At most 100, answered in their order; all or none, if the database does not answer.
#[utoipa::path(
    post,
    path = "/v1/keys/verify/batch",
    operation_id = "verifyKeys",
    request_body = KeysToVerify,
    responses(
        (status = 200, description = "What each is worth, in their order.", body = Worths),
        (status = 422, description = "A member that is unknown, missing, repeated or no list of texts.", body = ErrorBody),
    ),
)]
pub(crate) async fn several(State(serving): State<Serving>, parts: Parts, body: Bytes) -> Result<Response, Response> {
    let mut members = Members::of_body(&body, &["keys"]).map_err(Complaint::into_response)?;
    let keys = members.texts("keys", MOST_AT_ONCE).map_err(Complaint::into_response)?;
    let mut results = Vec::with_capacity(keys.len());
    for key in &keys {
        results.push(weigh(&serving, &parts, key).await.map_err(Problem::into_response)?);
    }
    Ok(Json(Worths { results }).into_response())
}

/// An `Err` is nothing that is wrong with the key.
async fn weigh(serving: &Serving, parts: &Parts, key: &str) -> Result<Worth, Problem> {
    let judged = if key.is_empty() {
        serving.metrics.not_judged(Endpoint::Verify, Problem::KeyMissing);
        Err(Problem::KeyMissing)
    } else {
        judge(serving, parts, key, Endpoint::Verify).await
    };
    match judged {
        Ok(caller) => Ok(Worth::of(caller)),
        Err(problem) if problem.told().status.is_server_error() => Err(problem),
        Err(problem) => Ok(Worth::nothing(problem.told().code)),
    }
}
