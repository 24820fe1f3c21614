//! People, their sessions, and the links that stand for them.

use super::Membership;
use domain::{Email, SessionId, Timestamp, UserId};

/// A person as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRecord {
    /// Their id.
    pub id: UserId,
    /// What they sign in with. Unique.
    pub email: Email,
    /// An argon2id hash in PHC format; `None` until a password is set.
    pub password_hash: Option<String>,
    /// When they came.
    pub created_at: Timestamp,
}

/// A session as stored. The secret in the cookie is stored only as its SHA-256.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRecord {
    /// Its public handle.
    pub id: SessionId,
    /// SHA-256 of the secret in the cookie.
    pub token_digest: [u8; 32],
    /// Whose it is.
    pub user_id: UserId,
    /// When they signed in.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_used_at: Timestamp,
    /// When the person last proved who they are in this session.
    pub password_at: Timestamp,
    /// Where it was opened from.
    pub address: Option<String>,
    /// With what.
    pub user_agent: Option<String>,
}

/// A session with whose it is and where they are a member, read in one go on every page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionView {
    /// The session.
    pub session: SessionRecord,
    /// The person.
    pub email: Email,
    /// In the account the session acts in: the one chosen last, if they are still in it, otherwise the first they joined;
    /// `None` for somebody in no account.
    pub membership: Option<Membership>,
    /// Whether they are an admin of the installation.
    pub admin: bool,
}

/// An admin of the installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminRecord {
    /// Who.
    pub user_id: UserId,
    /// The address they sign in with now.
    pub email: Email,
    /// Since when.
    pub created_at: Timestamp,
    /// Who made them one, in words: an operator's name.
    pub created_by: String,
}

/// A one-time link to set a password. The secret in it is stored only as its SHA-256.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordLinkRecord {
    /// SHA-256 of the secret in the link.
    pub token_digest: [u8; 32],
    /// Whose password it sets.
    pub user_id: UserId,
    /// Until when it can be used (exclusive).
    pub expires_at: Timestamp,
}
