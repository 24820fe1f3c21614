//! The HTTP API for programs. It knows keys and never looks at a cookie.

mod account;
mod credentials;

pub(crate) use account::show as show_account;
