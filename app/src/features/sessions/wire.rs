//! What the page is told.

use crate::features::dashboard::Reader;
use crate::ui::Moment;
use domain::{Role, SessionId};
use serde::{Deserialize, Serialize};

/// Everything the page shows. No secret: its value is written into the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInTab {
    /// What the company calls its product.
    pub product_name: String,
    /// Served over plain HTTP to other machines.
    pub insecure: bool,
    /// What the person signs in with.
    pub email: String,
    /// The account they act in.
    pub account_name: String,
    /// What they are there.
    pub role: Option<Role>,
    /// What they have just done.
    pub said: Option<Said>,
    /// The new address they typed, if it was refused.
    pub typed_email: String,
    /// Whether ending a session asks for the password.
    pub password_due: bool,
    /// How long a session lasts without use: "30 minutes".
    pub idle: String,
    /// How long a session lasts at most: "12 hours".
    pub absolute: String,
    /// Their sessions, this one first, then the last used.
    pub sessions: Vec<SessionView>,
}

impl SignInTab {
    /// For whom the page is drawn.
    pub fn reader(&self) -> Reader {
        Reader {
            product_name: self.product_name.clone(),
            account_name: self.account_name.clone(),
            email: self.email.clone(),
            role: self.role,
        }
    }
}

/// A session of the person's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionView {
    /// Its public handle.
    pub id: SessionId,
    /// "Firefox on Windows".
    pub device: String,
    /// Where it was opened from, if that is known.
    pub address: Option<String>,
    /// When it was opened.
    pub opened: Moment,
    /// When it was last used, to the minute.
    pub last_seen: Moment,
    /// The same, as time gone by.
    pub last_seen_ago: String,
    /// Whether it is the one that shows this page.
    pub own: bool,
}

/// What a person has just done, for the page they are led to. It travels in a cookie, which no link can forge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Said {
    /// A password was set with a one-time link.
    PasswordSet,
    /// The password was changed.
    PasswordChanged,
    /// The address was changed.
    EmailChanged,
    /// Another session was ended.
    SessionEnded,
    /// All other sessions were ended.
    OthersEnded,
}

impl Said {
    /// Every one of them.
    pub const ALL: [Self; 5] =
        [Self::PasswordSet, Self::PasswordChanged, Self::EmailChanged, Self::SessionEnded, Self::OthersEnded];

    /// The word in the cookie.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PasswordSet => "password-set",
            Self::PasswordChanged => "password-changed",
            Self::EmailChanged => "email-changed",
            Self::SessionEnded => "session-ended",
            Self::OthersEnded => "others-ended",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|said| said.as_str() == word)
    }
}
