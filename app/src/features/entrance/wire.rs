//! What the entrance pages are told.

use crate::features::sessions::Said;
use serde::{Deserialize, Serialize};

/// The installation, as strangers may know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entrance {
    /// What the company calls its product.
    pub product_name: String,
    /// How somebody may come in who is not here yet.
    pub way_in: WayIn,
    /// What was done just before.
    pub said: Option<Said>,
    /// Served over plain HTTP to other machines.
    pub insecure: bool,
    /// What was typed into a form that was sent without WASM and refused. Passwords are not kept.
    pub typed: Typed,
}

/// How somebody may come in who is not here yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum WayIn {
    /// Everybody may sign up.
    Open,
    /// This browser has opened an invitation that can be used.
    Invited {
        /// The only address it is for; `None` for any.
        email: Option<String>,
    },
    /// This browser has opened an invitation that cannot be used any more.
    InvitationInvalid,
    /// New people come by invitation.
    InvitationNeeded,
    /// Operators make accounts.
    Closed,
}

/// What was typed into an entrance form, less the password.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Typed {
    /// The address.
    pub email: String,
    /// The account's name.
    pub name: String,
}
