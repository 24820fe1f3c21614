//! `POST /v1/keys/verify`: what a key that somebody was sent is worth, for a company's program that asks by itself.
//!
//! The key in the body is the only credential: its holder learns what `GET /v1/account` would say, and who guesses learns that
//! nobody has it. docs/decisions/0014 has the reasons.

use super::account::{Described, describe};
use super::authentication::judge;
use super::input::{Complaint, Members};
use crate::problem::Problem;
use crate::router::Serving;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use serde::Serialize;

/// Of one request: about as many as fit into its body.
const MOST_AT_ONCE: usize = 100;

/// What is said of one key. The same members, whatever it is worth.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Worth {
    valid: bool,
    /// Why it is not valid, as in the table of errors; null if it is.
    code: Option<&'static str>,
    #[serde(flatten)]
    whose: Described,
}

#[derive(Serialize)]
struct Worths {
    /// In the order of the keys.
    results: Vec<Worth>,
}

/// What one key is worth.
pub(crate) async fn one(State(serving): State<Serving>, parts: Parts, body: Bytes) -> Result<Response, Response> {
    let mut members = Members::of_body(&body, &["key"]).map_err(Complaint::into_response)?;
    let key = members.text("key").map_err(Complaint::into_response)?;
    let worth = weigh(&serving, &parts, &key).await.map_err(Problem::into_response)?;
    Ok(Json(worth).into_response())
}

/// The same of several, in their order. All or none: what cannot be looked up fails the whole.
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
    let judged = if key.is_empty() { Err(Problem::KeyMissing) } else { judge(serving, parts, key).await };
    match judged {
        Ok(caller) => Ok(Worth { valid: true, code: None, whose: describe(&caller) }),
        Err(problem) if problem.told().status.is_server_error() => Err(problem),
        Err(problem) => Ok(Worth { valid: false, code: Some(problem.told().code), whose: Described::NOBODY }),
    }
}
