//! The HTTP API for programs. It knows keys and never looks at a cookie.
//!
//! Below `/v1` come the owners' programs, with the private key of their account; below `/admin/v1` the company's own
//! systems, with an installation key.

mod account;
mod credentials;
mod input;
mod provisioning;

pub(crate) use account::show as show_account;
pub(crate) use provisioning::{create, describe, find, open, roll, switch};
