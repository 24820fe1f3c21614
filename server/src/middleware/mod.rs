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
mod request_id;
mod security_headers;
mod server_functions;

pub(crate) use caller::address_of;
pub use caller::{PeerAddress, context_of};
pub use request_id::RequestId;

use crate::answer;
use crate::api::uploads;
use crate::router::Serving;
use crate::routes::Kind;
use axum::Router;
use axum::extract::FromRef;
use axum::middleware::{from_fn, from_fn_with_state};

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

impl FromRef<Around> for Kind {
    fn from_ref(around: &Around) -> Self {
        around.kind
    }
}

/// Puts the layers around routes of one kind; read from the last one, the outermost, upwards.
///
/// A panic is caught beneath the layers that name, mark, log and form answers, so that its answer is named, marked,
/// logged and formed like any other.
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
        Kind::Api | Kind::Upload | Kind::Gateway => {
            routes.layer(from_fn_with_state(around.clone(), key_in_url::refuse))
        }
        Kind::Health | Kind::Asset => routes,
    };
    let routes = match kind {
        // Bounded within the knowing of the person, and while it arrives.
        Kind::ListFunction | Kind::Upload => routes,
        Kind::Gateway => routes.layer(from_fn(body::leave_unread)),
        _ => routes.layer(from_fn_with_state(around.clone(), body::bound)),
    };
    let routes = routes.layer(panic::layer()).layer(from_fn_with_state(around.clone(), answer::give_form));
    // Not uploads, as at ImageKit: what they may take is bound by their bytes.
    let limited = serving.backend.limits_requests() && matches!(kind, Kind::Api | Kind::Gateway);
    let routes = if limited { routes.layer(from_fn(account_limit::tell)) } else { routes };
    let routes = if kind == Kind::Upload { routes.layer(from_fn(uploads::allow)) } else { routes };
    routes
        .layer(from_fn_with_state(around.clone(), log_line::write))
        .layer(from_fn_with_state(around.clone(), security_headers::add))
        .layer(from_fn_with_state(around, request_id::mint))
}

/// Looks at the session's cookie, and lets no other site make use of it: the two belong together.
fn know_person(routes: Router<Serving>, around: &Around) -> Router<Serving> {
    routes
        .layer(from_fn_with_state(around.clone(), caller::identify))
        .layer(cross_site::layer(&around.serving))
        .layer(from_fn_with_state(around.clone(), cross_site::refuse_unmarked))
}
