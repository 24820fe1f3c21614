//! What a problem looks like: JSON for programs, a small page for people.

use crate::api::ErrorBody;
use crate::problem::{Problem, Told};
use crate::router::Serving;
use crate::routes::Kind;
use axum::body::Body;
use axum::response::{Html, IntoResponse, Response};
use http::header::{ACCEPT, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

/// The body of a refusal once more, for gateways that pass on no body.
const X_LATCHKEY_ERROR: HeaderName = HeaderName::from_static("x-latchkey-error");

/// Who reads the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// A program.
    Program,
    /// A person.
    Person,
}

impl Reader {
    /// By the kind of route, and where both could read by what the request says it accepts.
    ///
    /// A form sent without WASM to a server function is a person's.
    pub fn of(kind: Kind, headers: &HeaderMap) -> Self {
        let html = || accepts(headers, "text/html");
        let person = match kind {
            Kind::Api | Kind::Upload | Kind::Gateway | Kind::Health => false,
            // A script that is gone is asked for by a page, not by a person.
            Kind::Function | Kind::ListFunction | Kind::Asset => html() > 0,
            Kind::Page => html() >= accepts(headers, "application/json"),
        };
        if person { Self::Person } else { Self::Program }
    }
}

/// How much the request wants this type, in thousandths (RFC 9110, section 12.5.1); wildcards say nothing.
fn accepts(headers: &HeaderMap, wanted: &str) -> u16 {
    let ranges =
        headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    let quality = |range: &str| {
        let mut parts = range.split(';').map(str::trim);
        if !parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case(wanted)) {
            return 0;
        }
        let q = parts.find_map(|part| part.strip_prefix("q=")).map_or(Some(1.0), |q| q.parse::<f32>().ok());
        // A quality is a number from 0 to 1; anything else counts as not wanted.
        let thousandths = (0_u16..=1_000).rev().find(|t| q.is_some_and(|q| f32::from(*t) <= q * 1_000.0 && q <= 1.0));
        thousandths.unwrap_or(0)
    };
    ranges.map(quality).max().unwrap_or(0)
}

/// Gives every problem its form, also those that the router answers by itself.
pub(crate) fn form(response: Response, serving: &Serving, kind: Kind, reader: Reader) -> Response {
    let problem = match (response.extensions().get::<Problem>(), response.status()) {
        (Some(problem), _) => *problem,
        (None, StatusCode::METHOD_NOT_ALLOWED) => Problem::MethodNotAllowed,
        (None, _) => return response,
    };
    let told = problem.told();
    let form = match reader {
        Reader::Program => json(told),
        Reader::Person => page(told, serving),
    };
    let (mut parts, _) = response.into_parts();
    let (form, body) = form.into_parts();
    parts.headers.remove(http::header::CONTENT_LENGTH);
    if let Some(kind) = form.headers.get(CONTENT_TYPE) {
        parts.headers.insert(CONTENT_TYPE, kind.clone());
    }
    // nginx shows a client the status of its question, and drops the body that belongs to it.
    if kind == Kind::Gateway
        && let Ok(error) = HeaderValue::from_str(&text(told))
    {
        parts.headers.insert(X_LATCHKEY_ERROR, error);
    }
    if told.status == StatusCode::UNAUTHORIZED {
        parts.headers.insert(WWW_AUTHENTICATE, challenge(&serving.site.product_name));
    }
    Response::from_parts(parts, body)
}

fn json(told: Told) -> Response {
    ([(CONTENT_TYPE, "application/json")], Body::from(text(told))).into_response()
}

/// JSON on one line.
fn text(told: Told) -> String {
    let Told { code, help, message, .. } = told;
    serde_json::to_string(&ErrorBody { code, help, message }).unwrap_or_default()
}

/// A page that needs nothing that might be what is broken: no database, no script.
fn page(told: Told, serving: &Serving) -> Response {
    let product = escape(&serving.site.product_name);
    let Told { message, help, .. } = told;
    let (stylesheet, home) = (escape(&serving.stylesheet), app::paths::DEVELOPERS);
    Html(format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{message} – {product}</title>\n<link rel=\"stylesheet\" href=\"{stylesheet}\">\n</head>\n<body>\n\
         <main class=\"entrance\">\n<div class=\"entrance__card\">\n<h1>{message}</h1>\n<p>{help}</p>\n\
         <p><a class=\"button\" data-kind=\"primary\" href=\"{home}\">Go to the developers tab</a></p>\n\
         </div>\n</main>\n</body>\n</html>\n"
    ))
    .into_response()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Basic (RFC 7617), with the product as the realm; what a header cannot hold becomes a question mark.
fn challenge(product_name: &str) -> HeaderValue {
    let printable = |c: char| if c == ' ' || c.is_ascii_graphic() { c } else { '?' };
    let realm: String = product_name.chars().map(printable).collect();
    let realm = realm.replace('\\', "\\\\").replace('"', "\\\"");
    HeaderValue::from_str(&format!("Basic realm=\"{realm}\""))
        .unwrap_or(HeaderValue::from_static("Basic realm=\"API\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(kind: Kind, accept: &str) -> Reader {
        Reader::of(kind, &HeaderMap::from_iter([(ACCEPT, HeaderValue::from_str(accept).expect("a header"))]))
    }

    #[test]
    fn who_reads_is_told_by_the_kind_of_route_and_then_by_accept() {
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        for (kind, accept, expected) in [
            (Kind::Api, browser, Reader::Program),
            (Kind::Api, "*/*", Reader::Program),
            (Kind::Health, browser, Reader::Program),
            (Kind::Function, "application/json", Reader::Program),
            (Kind::Function, "*/*", Reader::Program),
            (Kind::Function, browser, Reader::Person),
            (Kind::Page, browser, Reader::Person),
            (Kind::Page, "*/*", Reader::Person),
            (Kind::Page, "application/json", Reader::Program),
            (Kind::Page, "application/json;q=0.5, text/html", Reader::Person),
            (Kind::Page, "application/json;q=2, text/html;q=0.1", Reader::Person),
            (Kind::Asset, "application/json", Reader::Program),
        ] {
            assert_eq!(reader(kind, accept), expected, "{kind:?} {accept}");
        }
    }

    #[test]
    fn a_product_name_cannot_break_out_of_the_realm() {
        assert_eq!(challenge("A \"b\" \\ ü\r\nX: y"), "Basic realm=\"A \\\"b\\\" \\\\ ???X: y\"");
    }
}
