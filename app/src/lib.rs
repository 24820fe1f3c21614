//! Latchkey's screens and the server functions behind them.
//!
//! `ui` knows nothing of keys; `features` know keys and compose `ui`. [`browser`] and `server_context` are the only files
//! with `cfg`: everything else reads the same for the browser's build (`hydrate`) and the server's (`ssr`).
//!
//! What deliberately does not live here: decisions (`domain`, `backend`), SQL, HTTP routing (`server`).

pub mod browser;
pub mod document;
pub mod error;
pub mod features;
pub mod page_title;
pub mod paths;
pub mod routes;
#[cfg(feature = "ssr")]
pub mod server_context;
pub mod ui;

pub use document::shell;
pub use routes::App;
