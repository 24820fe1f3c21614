//! Serves the table of routes, and nothing else.

use crate::accept::Stopping;
use crate::answer::Reader;
use crate::config::Settings;
use crate::health::{self, Health};
use crate::metrics::Metrics;
use crate::middleware::Around;
use crate::problem::Problem;
use crate::routes::{self, Answer, Kind, Place, Route, TABLE};
use crate::{middleware, site};
use app::server_context::Site;
use app::{paths, shell};
use axum::Router;
use axum::body::Body;
use axum::extract::{FromRef, Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::future::RouteFuture;
use axum::routing::{MethodFilter, on};
use backend::Backend;
use domain::Brand;
use futures_util::future::{BoxFuture, Either};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use ipnet::IpNet;
use leptos::config::LeptosOptions;
use leptos::nonce::Nonce;
use leptos::prelude::{Owner, provide_context, use_context};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower::{Service, ServiceExt as _};
use tower_http::services::ServeDir;

const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");

/// What handlers and middleware share. One count to clone, since every layer around a request does.
#[derive(Clone)]
pub struct Serving(Arc<Shared>);

impl std::ops::Deref for Serving {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

/// What [`Serving`] leads to.
#[derive(Clone)]
pub struct Shared {
    /// The use cases.
    pub backend: Backend,
    /// The installation as the screens know it.
    pub site: Arc<Site>,
    /// The path of the stylesheet, for the pages drawn here.
    pub stylesheet: Arc<str>,
    /// Whose word about the caller's address is believed.
    pub trusted_proxies: Arc<[IpNet]>,
    /// What `/readyz` knows.
    pub health: Arc<Health>,
    /// What is counted of requests.
    pub metrics: Arc<Metrics>,
    options: LeptosOptions,
}

impl Serving {
    /// What a process that listens at `addr` serves.
    pub fn new(backend: Backend, settings: &Settings, addr: SocketAddr) -> Self {
        let options = site::leptos_options(settings, addr);
        let metrics = Arc::new(Metrics::new(backend.now()));
        let data = store_sqlite::file_path(&settings.database_url).unwrap_or_default();
        Self(Arc::new(Shared {
            backend,
            site: Arc::new(site::describe(settings, addr)),
            stylesheet: site::stylesheet(&options).into(),
            trusted_proxies: settings.trusted_proxies.clone().into(),
            health: Arc::new(Health::new(Stopping::default(), data, health::LEAST_FREE)),
            metrics,
            options,
        }))
    }

    /// The same with a part of it exchanged, for tests.
    #[must_use]
    pub fn with(&self, exchange: impl FnOnce(&mut Shared)) -> Self {
        let mut shared = Shared::clone(self);
        exchange(&mut shared);
        Self(Arc::new(shared))
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

/// Everything the process answers: each row of the table, within what holds for its kind.
#[derive(Clone)]
pub struct Served {
    /// The rows that are asked all day long by everybody's programs. What they are asked is compared with, since to find and to
    /// call a route of axum's takes as long as checking a key does.
    at_once: Arc<[AtOnce]>,
    router: Router,
}

/// A row that needs no finding.
struct AtOnce {
    row: &'static Route,
    around: Around,
    headers: Arc<HeaderMap>,
    handler: fn(Around, Request, Arc<HeaderMap>) -> Answered,
}

/// An answer on its way.
pub(crate) type Answered = BoxFuture<'static, Result<Response, Infallible>>;

impl Service<Request> for Served {
    type Response = Response;
    type Error = Infallible;
    type Future = Either<Answered, RouteFuture<Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // As axum's routers are.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        match self.at_once.iter().find(|it| it.row.is_asked_by(request.method(), request.uri().path())) {
            Some(it) => Either::Left((it.handler)(it.around.clone(), request, Arc::clone(&it.headers))),
            None => Either::Right(self.router.call(request)),
        }
    }
}

/// Everything the process answers.
pub fn build(serving: Serving) -> Served {
    routes::prepare();
    let mut at_once = Vec::new();
    let wrapped = Kind::ALL.map(|kind| {
        let around = Around::new(kind, &serving);
        let rows = || TABLE.iter().filter(|row| row.kind == kind);
        at_once.extend(rows().filter_map(|row| match row.answer {
            Answer::AtOnce { headers, handler, .. } => {
                let mut begun = around.headers().clone();
                headers(&mut begun);
                Some(AtOnce { row, around: around.clone(), headers: Arc::new(begun), handler })
            }
            Answer::Screen | Answer::Function | Answer::Ours(_) | Answer::Always(_) => None,
        }));
        middleware::wrap(rows().fold(Router::new(), serve), &around)
    });
    let router = wrapped.into_iter().fold(Router::new(), Router::merge).with_state(serving);
    Served { at_once: at_once.into(), router }
}

fn serve(router: Router<Serving>, row: &Route) -> Router<Serving> {
    let method = row.method.clone().and_then(|method| MethodFilter::try_from(method).ok());
    let answer = match (&row.answer, method) {
        // What is asked at once is asked here with HEAD and below its place.
        (Answer::Always(handler) | Answer::AtOnce { routed: handler, .. }, _) => handler(),
        (Answer::Ours(handler), Some(method)) => handler(method),
        (Answer::Screen, Some(method)) => on(method, screen),
        (Answer::Function, Some(method)) => on(method, function),
        // A method that axum has no name for: the suite meets the row unserved.
        (_, None) => return router,
    };
    match (row.place, &row.answer) {
        // A function that this build has not is not served; `routes::check` has its name.
        (Place::At(path), Answer::Function) => match routes::path_of_function(path) {
            Some(path) => router.route(path, answer),
            None => router,
        },
        (Place::At(path), _) => router.route(path, answer),
        (Place::Below(path), _) => router
            .route(path, answer.clone())
            .route(&format!("{path}/"), answer.clone())
            .route(&format!("{path}/{{*below}}"), answer),
        (Place::Elsewhere, _) => router.fallback(answer),
    }
}

async fn screen(State(serving): State<Serving>, request: Request) -> Response {
    draw(&serving, request).await
}

async fn function(State(serving): State<Serving>, request: Request) -> Response {
    leptos_axum::handle_server_fns_with_context(context(&serving), request).await.into_response()
}

/// Draws the app at whatever address was asked for.
async fn draw(serving: &Serving, request: Request) -> Response {
    let options = serving.options.clone();
    leptos_axum::render_app_async_with_context(context(serving), move || shell(options.clone()))(request).await
}

/// What every screen and every server function finds in its Leptos context, beside what `leptos_axum` puts there.
fn context(serving: &Serving) -> impl Fn() + Clone + Send + Sync + 'static {
    let serving = serving.clone();
    move || {
        provide_context(serving.backend.clone());
        provide_context(Arc::clone(&serving.site));
        // Names the scripts that a live part brings.
        provide_context(serving.options.clone());
        // Nothing is hydrated: what a page has loaded is not written into it a second time.
        if let Some(shared) = Owner::current_shared_context() {
            shared.set_is_hydrating(false);
        }
        // Leptos has minted one of its own by now; the one in our header has to be the one in the page.
        let nonce = use_context::<http::request::Parts>().and_then(|parts| parts.extensions.get::<Nonce>().cloned());
        if let Some(nonce) = nonce {
            provide_context(nonce);
        }
    }
}

/// A file that belongs to the pages.
pub(crate) async fn asset(State(serving): State<Serving>, request: Request) -> Response {
    match find_file(&serving, request).await {
        Some(file) => file,
        None => Problem::NotFound.into_response(),
    }
}

/// A file of the site, or the way to the page that was meant, or else the app's page for addresses that lead nowhere.
pub(crate) async fn elsewhere(State(serving): State<Serving>, mut request: Request) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if !reads {
        return Problem::NotFound.into_response();
    }
    if let Some(page) = without_trailing_slash(request.uri()) {
        return Redirect::permanent(&page).into_response();
    }
    let reader = Reader::of(Kind::Page, request.headers());
    let (parts, _) = request.into_parts();
    if let Some(file) = find_file(&serving, Request::from_parts(parts.clone(), Body::empty())).await {
        return file;
    }
    if reader == Reader::Program {
        return Problem::NotFound.into_response();
    }
    request = Request::from_parts(parts, Body::empty());
    // The app is more forgiving than the table: at `/./sign-in` it would draw what is at `/sign-in`.
    *request.uri_mut() = Uri::from_static(paths::NOWHERE);
    let mut page = draw(&serving, request).await;
    if page.status().is_success() {
        *page.status_mut() = StatusCode::NOT_FOUND;
    }
    page
}

/// The page that somebody meant who typed a slash behind it.
fn without_trailing_slash(uri: &Uri) -> Option<String> {
    let path = uri.path().strip_suffix('/')?;
    let is_page = |row: &Route| row.kind == Kind::Page && row.method == Some(Method::GET);
    TABLE.iter().find(|row| is_page(row) && matches!(row.place, Place::At(at) if at == path))?;
    Some(uri.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}")))
}

/// Files with a hash in their name never change; the others are asked for again each time, and mostly answered 304.
async fn find_file(serving: &Serving, request: Request) -> Option<Response> {
    let cache = if serving.options.hash_files && is_hashed(request.uri().path()) { FOREVER } else { ASK_AGAIN };
    let files = ServeDir::new(&*serving.options.site_root)
        .append_index_html_on_directories(false)
        .precompressed_br()
        .precompressed_gzip();
    let response = files.oneshot(request).await.unwrap_or_else(|never| match never {});
    let about_file = [StatusCode::NOT_MODIFIED, StatusCode::PRECONDITION_FAILED, StatusCode::RANGE_NOT_SATISFIABLE];
    if !response.status().is_success() && !about_file.contains(&response.status()) {
        return None;
    }
    let mut response = response.map(Body::new);
    response.headers_mut().insert(header::CACHE_CONTROL, cache);
    // Also on a 304, where `ServeDir` leaves it out (RFC 9110, section 15.4.5).
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept-encoding"));
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
