//! How many requests an account's programs may make, told in the headers that ImageKit's API has for it.
//!
//! Only if there is a limit. Requests whose answers tell of it are those that are counted.

use crate::metrics::Endpoint;
use crate::problem::Problem;
use crate::router::Serving;
use axum::extract::Request;
use backend::limits::{Allowance, Wait};
use domain::AccountId;
use http::{Extensions, HeaderMap, HeaderName, HeaderValue};
use std::sync::{Arc, OnceLock};

/// How many requests there may be in an interval.
const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
/// Milliseconds until there may be another.
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");
/// The interval, in milliseconds.
const INTERVAL: HeaderName = HeaderName::from_static("x-ratelimit-interval");

/// Where whoever knows whose request it is leaves what its account may still do, on the way to the answer.
#[derive(Debug, Clone, Default)]
pub(super) struct Left(Arc<OnceLock<Allowance>>);

/// Before the request is answered.
pub(super) fn begin(request: &mut Request) -> Left {
    let left = Left::default();
    request.extensions_mut().insert(left.clone());
    left
}

impl Left {
    /// Tells it in the answer to every request that was authenticated, whatever became of it.
    pub(super) fn tell(&self, headers: &mut HeaderMap) {
        if let Some(allowance) = self.0.get() {
            describe(*allowance, headers);
        }
    }
}

fn describe(allowance: Allowance, headers: &mut HeaderMap) {
    let interval = u64::try_from(allowance.interval.as_millis()).unwrap_or(u64::MAX);
    headers.insert(LIMIT, HeaderValue::from(allowance.limit));
    headers.insert(RESET, HeaderValue::from(allowance.next.map_or(0, Wait::millis)));
    headers.insert(INTERVAL, HeaderValue::from(interval));
}

/// Takes one request out of what the account may make.
///
/// What is asked about a key by somebody whom its account has sent it is no request of the account.
pub(crate) fn take(
    serving: &Serving,
    extensions: &Extensions,
    account_id: &AccountId,
    endpoint: Endpoint,
) -> Result<(), Problem> {
    if !serving.backend.limits_requests() || endpoint == Endpoint::Verify {
        return Ok(());
    }
    let Some(left) = extensions.get::<Left>() else {
        return Ok(());
    };
    match serving.backend.spend_request(account_id) {
        None => Ok(()),
        Some(Ok(allowance)) => {
            let _ = left.0.set(allowance);
            Ok(())
        }
        Some(Err(spent)) => {
            let _ = left.0.set(spent.allowance);
            Err(Problem::TooManyRequests(spent.wait))
        }
    }
}
