//! A password on its way from the form to the hash.

use serde::{Deserialize, Serialize};
use std::fmt;
use zeroize::Zeroize;

/// What a person typed as their password.
///
/// It is `Clone` and `Serialize` only because a server function's arguments must be; `Debug` prints the type's name, so
/// no log line can hold one, and the memory is wiped when it is dropped.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Password(String);

impl Password {
    /// Wraps what was typed. Every text is allowed here; whether it may become a password is the backend's rule.
    pub fn new(typed: String) -> Self {
        Self(typed)
    }

    /// What was typed, for hashing.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether nothing was typed: the field was not shown, or was left empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Drop for Password {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_never_prints_what_was_typed() {
        assert_eq!(format!("{:?}", Some(Password::new("correct horse".to_owned()))), "Some(Password)");
    }
}
