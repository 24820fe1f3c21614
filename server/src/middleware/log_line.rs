//! One line for every request.

use crate::router::Serving;
use crate::routes::Kind;
use axum::extract::Request;
use axum::response::Response;
use backend::usage::names_a_key;
use domain::Brand;
use http::{Method, StatusCode, Uri};
use std::time::Instant;

/// What a line will say of a request.
pub(super) struct Line {
    kind: Kind,
    method: Method,
    uri: Uri,
    began: Instant,
}

impl Line {
    /// Of a request that begins.
    pub(super) fn begin(kind: Kind, request: &Request) -> Self {
        Self { kind, method: request.method().clone(), uri: request.uri().clone(), began: Instant::now() }
    }

    /// Writes the line once the answer is there. Neither headers nor query string nor body are in it.
    pub(super) fn write(self, serving: &Serving, response: &Response) {
        let status = response.status();
        let went_well = status.is_success() || status == StatusCode::NOT_MODIFIED;
        let quiet = match self.kind {
            // An API answers thousands of requests a second; what went well is not news.
            Kind::Api | Kind::Upload | Kind::Gateway | Kind::Asset => went_well,
            // Bad news is told by `health`, once.
            Kind::Health => true,
            Kind::Page | Kind::Function | Kind::ListFunction => false,
        };
        let took = self.began.elapsed();
        serving.metrics.answered(self.kind, status, took);
        if quiet && !tracing::enabled!(tracing::Level::DEBUG) {
            return;
        }
        let (method, path) = (short(self.method.as_str(), 20), path_to_log(serving.brand(), self.uri.path()));
        let (status, ms) = (status.as_u16(), took.as_millis());
        if quiet {
            tracing::debug!(method, path, status, ms, "answered");
        } else {
            tracing::info!(method, path, status, ms, "answered");
        }
    }
}

fn short(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

/// The path, or a stand-in when somebody put a key into it, however it was encoded.
pub fn path_to_log(brand: &Brand, path: &str) -> String {
    if names_a_key(brand, path) {
        return "(a path with a key in it)".to_owned();
    }
    short(path, 200)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_in_a_path_is_not_logged_however_it_is_encoded() {
        for path in [
            "/v1/private_abc",
            "/v1/%70rivate_abc",
            "/v1/%2570rivate%255Fabc",
            "/x;private_abc/y",
            "/installation%5Fabc",
        ] {
            assert_eq!(path_to_log(&Brand::none(), path), "(a path with a key in it)", "{path}");
        }
        assert_eq!(path_to_log(&Brand::none(), "/dashboard/developers"), "/dashboard/developers");
    }
}
