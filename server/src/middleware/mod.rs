//! What holds for every answer, whatever gives it.

pub(crate) mod account_limit;
mod body;
mod caller;
mod cross_site;
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
pub use request_id::RequestId;

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
use log_line::Line;
use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use tower::layer::layer_fn;
use tower::{ServiceExt as _, service_fn};

/// What a layer may ask for.
#[derive(Clone)]
struct Around {
    serving: Serving,
    kind: Kind,
}

impl FromRef<Around> for Serving {
    fn from_ref(around: &Around) -> Self {
        around.serving.clone()
    }
}

/// Puts what holds for every answer around routes of one kind, and the layers beneath it that know the person.
pub fn wrap(routes: Router<Serving>, kind: Kind, serving: &Serving) -> Router<Serving> {
    let around = Around { serving: serving.clone(), kind };
    let routes = match kind {
        Kind::Page => know_person(routes.layer(from_fn(page_redirects::make_real)), &around),
        Kind::Function | Kind::ListFunction => {
            let routes = routes.layer(from_fn(server_functions::set_status));
            // Within the knowing of the person: how much is read depends on who it is.
            let routes = match kind {
                Kind::ListFunction => routes.layer(from_fn(body::bound_list)),
                _ => routes,
            };
            know_person(routes.layer(from_fn_with_state(around.clone(), referer::drop_foreign)), &around)
        }
        Kind::Api | Kind::Upload | Kind::Gateway | Kind::Health | Kind::Asset => routes,
    };
    // Not uploads, as at ImageKit: what they may take is bound by their bytes.
    let limited = serving.backend.limits_requests() && matches!(kind, Kind::Api | Kind::Gateway);
    let routes = if limited { routes.layer(from_fn(account_limit::tell)) } else { routes };
    // One layer and not one for each of the things it does: every layer of axum's clones and allocates what is beneath it
    // for each request, and together they took longer than checking a key does.
    routes.layer(layer_fn(move |route: Route| {
        let around = around.clone();
        service_fn(move |request: Request| answer(around.clone(), route.clone(), request))
    }))
}

/// Looks at the session's cookie, and lets no other site make use of it: the two belong together.
fn know_person(routes: Router<Serving>, around: &Around) -> Router<Serving> {
    routes
        .layer(from_fn_with_state(around.clone(), caller::identify))
        .layer(cross_site::layer(&around.serving))
        .layer(from_fn_with_state(around.clone(), cross_site::refuse_unmarked))
}

/// Names, marks, logs and forms every answer, whatever gives it. A panic's is one like any other.
async fn answer(around: Around, route: Route, mut request: Request) -> Result<Response, Infallible> {
    let Around { serving, kind } = around;
    let id = RequestId::mint(serving.backend.now());
    let name = id.header();
    request.extensions_mut().insert(id);
    let policy = security_headers::policy(kind, &mut request);
    let reader = Reader::of(kind, request.headers());
    let line = Line::begin(kind, &request);
    let asked = AssertUnwindSafe(ask(&serving, kind, route, request)).catch_unwind();
    let mut response = request_id::named(name.clone(), async {
        let response = asked.await.unwrap_or_else(panic::answer);
        let mut response = answer::form(response, &serving, kind, reader);
        if kind == Kind::Upload {
            uploads::allow(response.headers_mut());
        }
        line.write(&serving, &response);
        response
    })
    .await;
    security_headers::set(response.headers_mut(), policy, serving.site.cookies);
    request_id::tell(name, kind, response.headers_mut());
    Ok(response)
}

/// What the route answers, once as much of the request as it wants has come and no key is where none belongs.
async fn ask(serving: &Serving, kind: Kind, route: Route, request: Request) -> Response {
    let request = match body::take(kind, request).await {
        Ok(request) => request,
        Err(problem) => return problem.into_response(),
    };
    if matches!(kind, Kind::Api | Kind::Upload | Kind::Gateway)
        && let Some(found) = key_in_url::find(serving, kind, &request)
    {
        return found.tell(serving).await.into_response();
    }
    route.oneshot(request).await.unwrap_or_else(|never| match never {})
}
