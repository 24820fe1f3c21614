//! What holds for every answer, whatever gives it.

pub(crate) mod account_limit;
mod body;
mod caller;
mod cross_site;
mod fill_in;
mod key_in_url;
pub mod log_line;
mod page_redirects;
mod panic;
mod referer;
pub(crate) mod request_id;
mod security_headers;
mod server_functions;

pub(crate) use caller::address_of;
pub use caller::{PeerAddress, context_of};
pub(crate) use fill_in::fill_in;

use crate::answer::{self, Reader};
use crate::api::uploads;
use crate::router::Serving;
use crate::routes::Kind;
use axum::Router;
use axum::extract::{FromRef, Request};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::Route;
use futures_util::FutureExt as _;
use http::HeaderMap;
use log_line::Line;
use std::convert::Infallible;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use tower::layer::layer_fn;
use tower::{ServiceExt as _, service_fn};

/// What holds for every answer of one kind of route. Cheap to clone: each request does.
#[derive(Clone)]
pub struct Around {
    serving: Serving,
    kind: Kind,
    /// Whether accounts may make so many requests and no more.
    limited: bool,
    headers: Arc<HeaderMap>,
}

impl FromRef<Around> for Serving {
    fn from_ref(around: &Around) -> Self {
        around.serving.clone()
    }
}

impl Around {
    /// What holds for answers of this kind.
    pub fn new(kind: Kind, serving: &Serving) -> Self {
        // Not uploads, as at ImageKit: what they may take is bound by their bytes.
        let limited = serving.backend.limits_requests() && matches!(kind, Kind::Api | Kind::Gateway);
        let headers = Arc::new(security_headers::of(kind, serving.site.cookies));
        Self { serving: serving.clone(), kind, limited, headers }
    }

    /// What all share.
    pub(crate) fn serving(&self) -> &Serving {
        &self.serving
    }

    /// The headers that an answer is going to have. It may begin with them: to put its own into them afterwards takes longer.
    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Names, marks, logs and forms the answer that `give` gives. A panic's is one like any other.
    pub(crate) async fn answer<G, F>(self, mut request: Request, give: G) -> Result<Response, Infallible>
    where
        G: FnOnce(Request) -> F,
        F: Future<Output = Response>,
    {
        let Self { serving, kind, limited, headers } = self;
        let name = request_id::mint(serving.backend.lately());
        let policy = security_headers::policy(kind, &mut request);
        let reader = Reader::of(kind, request.headers());
        let left = limited.then(|| account_limit::begin(&mut request));
        let line = Line::begin(kind, &request);
        let asked = AssertUnwindSafe(ask(&serving, kind, request, give)).catch_unwind();
        let response = request_id::named(name.clone(), asked).await.unwrap_or_else(panic::answer);
        let mut response = answer::form(response, &serving, kind, reader);
        if kind == Kind::Upload {
            uploads::allow(response.headers_mut());
        }
        request_id::naming(name.clone(), || line.write(&serving, &response));
        security_headers::set(response.headers_mut(), &headers, policy);
        if let Some(left) = left {
            left.tell(response.headers_mut());
        }
        request_id::tell(name, response.headers_mut());
        Ok(response)
    }
}

/// What is given for an answer, once as much of the request as it wants has come and no key is where none belongs.
async fn ask<G, F>(serving: &Serving, kind: Kind, request: Request, give: G) -> Response
where
    G: FnOnce(Request) -> F,
    F: Future<Output = Response>,
{
    // In a box, as whatever is rarely waited for: each request moves what waiting for its answer takes.
    let request = if body::is_here(kind, &request) {
        request
    } else {
        match Box::pin(body::take(kind, request)).await {
            Ok(request) => request,
            Err(problem) => return problem.into_response(),
        }
    };
    if matches!(kind, Kind::Api | Kind::Upload | Kind::Gateway)
        && let Some(found) = key_in_url::find(serving, kind, &request)
    {
        return Box::pin(found.tell(serving)).await.into_response();
    }
    give(request).await
}

/// Puts what holds for every answer around routes of one kind, and the layers beneath it that know the person.
pub fn wrap(routes: Router<Serving>, around: &Around) -> Router<Serving> {
    let routes = match around.kind {
        Kind::Page => know_person(routes.layer(from_fn(page_redirects::make_real)), around),
        Kind::Function | Kind::ListFunction => {
            let routes = routes.layer(from_fn(server_functions::set_status));
            // Within the knowing of the person: how much is read depends on who it is.
            let routes = match around.kind {
                Kind::ListFunction => routes.layer(from_fn(body::bound_list)),
                _ => routes,
            };
            know_person(routes.layer(from_fn_with_state(around.clone(), referer::drop_foreign)), around)
        }
        Kind::Api | Kind::Upload | Kind::Gateway | Kind::Health | Kind::Asset => routes,
    };
    let around = around.clone();
    // One layer and not one for each of the things it does: every layer of axum's clones and allocates what is beneath it
    // for each request, and together they took longer than checking a key does.
    routes.layer(layer_fn(move |route: Route| {
        let around = around.clone();
        service_fn(move |request: Request| {
            let route = route.clone();
            let give = move |request| async move {
                route.oneshot(request).await.unwrap_or_else(|never: Infallible| match never {})
            };
            around.clone().answer(request, give)
        })
    }))
}

/// Looks at the session's cookie, and lets no other site make use of it: the two belong together.
fn know_person(routes: Router<Serving>, around: &Around) -> Router<Serving> {
    routes
        .layer(from_fn_with_state(around.clone(), caller::identify))
        .layer(cross_site::layer(&around.serving))
        .layer(from_fn_with_state(around.clone(), cross_site::refuse_unmarked))
}
