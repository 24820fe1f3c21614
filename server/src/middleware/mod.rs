//! What holds for every answer, whatever gives it.

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

pub use caller::PeerAddress;
pub use request_id::RequestId;

use crate::answer;
use crate::router::Serving;
use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};

/// Puts the layers around the routes; read from the last one, the outermost, upwards.
///
/// A panic is caught beneath the layers that name, mark, log and form answers, so that its answer is named, marked,
/// logged and formed like any other.
pub fn wrap(routes: Router<Serving>, serving: Serving) -> Router {
    routes
        .layer(from_fn(page_redirects::make_real))
        .layer(from_fn(server_functions::set_status))
        .layer(from_fn_with_state(serving.clone(), caller::identify))
        .layer(from_fn_with_state(serving.clone(), referer::drop_foreign))
        .layer(cross_site::layer(&serving))
        .layer(from_fn_with_state(serving.clone(), cross_site::refuse_unmarked))
        .layer(from_fn_with_state(serving.clone(), key_in_url::refuse))
        .layer(from_fn(body::bound))
        .layer(panic::layer())
        .layer(from_fn_with_state(serving.clone(), answer::give_form))
        .layer(from_fn_with_state(serving.clone(), log_line::write))
        .layer(from_fn_with_state(serving.clone(), security_headers::add))
        .layer(from_fn_with_state(serving.clone(), request_id::mint))
        .with_state(serving)
}
