//! What the entrance pages are told.

use serde::{Deserialize, Serialize};

/// The installation, as strangers may know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entrance {
    /// What the company calls its product.
    pub product_name: String,
    /// Whether strangers may sign up.
    pub sign_up_open: bool,
    /// Served over plain HTTP to other machines.
    pub insecure: bool,
    /// What was typed into a form that was sent without WASM and refused. Passwords are not kept.
    pub typed: Typed,
}

/// What was typed into an entrance form, less the password.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Typed {
    /// The address.
    pub email: String,
    /// The account's name.
    pub name: String,
}
