//! Which path leads where: the one table of routes.

use crate::answer::{Reader, is_server_function};
use crate::config::Settings;
use crate::problem::Problem;
use crate::{api, middleware, site};
use app::server_context::Site;
use app::{App, shell};
use axum::Router;
use axum::body::Body;
use axum::extract::{FromRef, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use backend::Backend;
use domain::Brand;
use http::{HeaderValue, Method, StatusCode, header};
use leptos::config::LeptosOptions;
use leptos::nonce::Nonce;
use leptos::prelude::{provide_context, use_context};
use leptos_axum::{AxumRouteListing, LeptosRoutes as _, generate_route_list};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, LazyLock};
use tower::ServiceExt as _;
use tower_http::services::ServeDir;

const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");

/// The app's pages, collected once for the whole process. Leptos collects them by drawing the app with all loading
/// switched off, in every thread: a page that is drawn at the same moment waits for its data for ever.
static PAGES: LazyLock<Vec<AxumRouteListing>> = LazyLock::new(|| generate_route_list(App));

/// What handlers and middleware share. Cheap to clone.
#[derive(Clone)]
pub struct Serving {
    /// The use cases.
    pub backend: Backend,
    /// The installation as the screens know it.
    pub site: Arc<Site>,
    /// The path of the stylesheet, for the pages drawn here.
    pub stylesheet: Arc<str>,
    /// Whose word about the caller's address is believed.
    pub trusted_proxies: Arc<[IpAddr]>,
    options: LeptosOptions,
}

impl Serving {
    /// What a process that listens at `addr` serves.
    pub fn new(backend: Backend, settings: &Settings, addr: SocketAddr) -> Self {
        let options = site::leptos_options(settings, addr);
        Self {
            backend,
            site: Arc::new(site::describe(settings, addr)),
            stylesheet: site::stylesheet(&options).into(),
            trusted_proxies: settings.trusted_proxies.clone().into(),
            options,
        }
    }

    /// What stands before every key here.
    pub fn brand(&self) -> &Brand {
        &self.backend.policy().brand
    }
}

impl FromRef<Serving> for LeptosOptions {
    fn from_ref(serving: &Serving) -> Self {
        serving.options.clone()
    }
}

/// Everything the process answers.
pub fn build(serving: Serving) -> Router {
    let pages = PAGES.clone();
    let options = serving.options.clone();
    let routes = Router::new()
        .leptos_routes_with_context(&serving, pages, context(&serving), move || shell(options.clone()))
        .route("/_srv/{*function}", any(unknown_function))
        .merge(api::routes())
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .fallback(fallback);
    middleware::wrap(routes, serving)
}

/// Every server function's path and method, as this program was built.
pub fn server_functions() -> impl Iterator<Item = (&'static str, Method)> {
    leptos::server_fn::axum::server_fn_paths()
}

/// What every page and every server function finds in its Leptos context, beside what `leptos_axum` puts there.
fn context(serving: &Serving) -> impl Fn() + Clone + Send + Sync + 'static {
    let serving = serving.clone();
    move || {
        provide_context(serving.backend.clone());
        provide_context(Arc::clone(&serving.site));
        // Leptos has minted one of its own by now; the one in our header has to be the one in the page.
        let nonce = use_context::<http::request::Parts>().and_then(|parts| parts.extensions.get::<Nonce>().cloned());
        if let Some(nonce) = nonce {
            provide_context(nonce);
        }
    }
}

/// A page that was loaded before an update calls functions that are gone.
async fn unknown_function() -> Problem {
    Problem::PageOutdated
}

async fn ready(State(serving): State<Serving>) -> Result<&'static str, Problem> {
    match serving.backend.ping().await {
        Ok(()) => Ok("ok\n"),
        Err(error) => {
            tracing::warn!(error = crate::opening::chain(&error), "not ready");
            Err(Problem::Unavailable)
        }
    }
}

/// A file of the site, or else the app's page for addresses that lead nowhere.
async fn fallback(State(serving): State<Serving>, request: Request) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let path = request.uri().path().to_owned();
    if !reads || crate::answer::is_api(&path) || is_server_function(&path) {
        return Problem::NotFound.into_response();
    }
    let reader = Reader::of(request.uri(), request.headers());
    let (parts, _) = request.into_parts();
    if let Some(file) = find_file(&serving, Request::from_parts(parts.clone(), Body::empty())).await {
        return file;
    }
    if reader == Reader::Program || path.starts_with("/pkg/") {
        return Problem::NotFound.into_response();
    }
    let options = serving.options.clone();
    let draw = leptos_axum::render_app_async_with_context(context(&serving), move || shell(options.clone()));
    let mut page = draw(Request::from_parts(parts, Body::empty())).await;
    if page.status().is_success() {
        *page.status_mut() = StatusCode::NOT_FOUND;
    }
    page
}

/// Files with a hash in their name never change; the others are asked for again each time, and mostly answered 304.
async fn find_file(serving: &Serving, request: Request) -> Option<Response> {
    let cache = if serving.options.hash_files && is_hashed(request.uri().path()) { FOREVER } else { ASK_AGAIN };
    let files = ServeDir::new(&*serving.options.site_root)
        .append_index_html_on_directories(false)
        .precompressed_br()
        .precompressed_gzip();
    let response = files.oneshot(request).await.unwrap_or_else(|never| match never {});
    let found = response.status().is_success()
        || matches!(response.status(), StatusCode::NOT_MODIFIED | StatusCode::RANGE_NOT_SATISFIABLE);
    if !found {
        return None;
    }
    let mut response = response.map(Body::new);
    response.headers_mut().insert(header::CACHE_CONTROL, cache);
    Some(response)
}

/// `/pkg/latchkey.Tv2xv-QLbE6zDgpkQ3VIkA.js`: a name, 128 bits in base 64, an ending.
fn is_hashed(path: &str) -> bool {
    let Some(name) = path.strip_prefix("/pkg/") else {
        return false;
    };
    let hash =
        |part: &str| part.len() == 22 && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    name.split('.').rev().skip(1).any(hash)
}

#[cfg(test)]
mod tests {
    use super::is_hashed;

    #[test]
    fn only_names_with_a_hash_are_kept_for_ever() {
        assert!(is_hashed("/pkg/latchkey.Tv2xv-QLbE6zDgpkQ3VIkA.js"));
        for path in [
            "/pkg/latchkey.js",
            "/favicon.Tv2xv-QLbE6zDgpkQ3VIkA.svg",
            "/pkg/latchkey.css",
            "/pkg/Tv2xv-QLbE6zDgpkQ3VIkA",
        ] {
            assert!(!is_hashed(path), "{path}");
        }
    }
}
