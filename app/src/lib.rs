//! Latchkey's screens and the server functions behind them.
//!
//! `ui` knows nothing of keys; `features` know keys and compose `ui`. [`browser`] and `server_context` are the only files
//! with `cfg`: everything else reads the same for the browser's build (`browser`) and the server's (`ssr`).
//!
//! The server draws every page. The browser draws only what is alive on one ([`live`]), so pages without a live part need
//! no WASM, and what no live part uses is not in it.
//!
//! What deliberately does not live here: decisions (`domain`, `backend`), SQL, HTTP routing (`server`).

pub mod browser;
pub mod document;
pub mod error;
pub mod features;
pub mod live;
pub mod page_title;
pub mod paths;
pub mod routes;
#[cfg(feature = "ssr")]
pub mod server_context;
pub mod ui;

pub use document::shell;
pub use routes::App;

/// Gives the page that is being drawn the status of `error`. In the browser the page is there already.
pub(crate) fn answer_like(error: error::AppError) {
    #[cfg(feature = "ssr")]
    server_context::answer_like(error);
    #[cfg(not(feature = "ssr"))]
    let _ = error;
}

/// Whether whoever the page is drawn for is an admin of the installation. Only the server draws what depends on it.
pub(crate) fn is_admin() -> bool {
    #[cfg(feature = "ssr")]
    return server_context::is_admin();
    #[cfg(not(feature = "ssr"))]
    return false;
}

/// Wakes whatever is alive on this page. Every live part of the product is named here.
pub fn wake() {
    features::developers::wake();
    browser::mark_awake();
}
