//! The HTTP API for programs. It knows keys and never looks at a cookie.
//!
//! Below `/v1` come the owners' programs, with the private key of their account; below `/admin/v1` the company's own
//! systems, with an installation key.

mod account;
mod authentication;
mod credentials;
mod files;
mod forward_auth;
mod input;
mod openapi;
mod provisioning;
pub(crate) mod uploads;
mod verify;

pub(crate) use account::{begin as begin_account, show as show_account};
pub(crate) use files::{
    BYTES as FILE_BYTES, bytes as file_bytes, delete as delete_file, delete_several as delete_files,
    details as show_file, list as list_files, list_with_slash as list_files_with_slash,
};
pub(crate) use forward_auth::{begin as begin_pass, show as may_pass};
pub use openapi::document;
pub(crate) use openapi::{ErrorBody, show as describe, show_at_old_address as describe_at_old_address};
pub(crate) use provisioning::{create, find, open, roll, switch};
pub(crate) use verify::{one as verify_key, several as verify_keys};

/// Plays what fuzzing found worth keeping.
#[cfg(test)]
#[path = "../../../fuzz/oracles/replay.rs"]
mod replay;
