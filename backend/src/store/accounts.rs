//! Accounts, who is in them, and who is invited.

use domain::{AccountId, Email, InvitationId, Role, Timestamp, UserId};

/// An account as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRecord {
    /// Its id.
    pub id: AccountId,
    /// What people call it.
    pub name: String,
    /// The company's own customer id. Unique where present.
    pub external_id: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was disabled; `None` while it works.
    pub disabled_at: Option<Timestamp>,
}

/// A person in an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The account.
    pub account_id: AccountId,
    /// The person.
    pub user_id: UserId,
    /// What they are there.
    pub role: Role,
}

/// A person as a member of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberRecord {
    /// Who.
    pub user_id: UserId,
    /// The address they sign in with.
    pub email: Email,
    /// What they are there.
    pub role: Role,
    /// Whether they have a password: who has none cannot sign in yet.
    pub has_password: bool,
    /// Since when.
    pub joined_at: Timestamp,
}

/// An account as one of those a person is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnAccount {
    /// The account.
    pub account: AccountRecord,
    /// What they are there.
    pub role: Role,
}

/// In which order accounts are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AccountOrder {
    /// The newest first: by id, which begins with the time.
    #[default]
    Newest,
    /// By name, where the case of ASCII letters does not matter; of equal names the newest first.
    Name,
}

/// Which accounts somebody looks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccountQuery {
    /// What the name, the external id or a member's address begins with. The case of ASCII letters does not matter.
    /// `None` for every account.
    pub begins_with: Option<String>,
    /// Only disabled ones, or only enabled ones; `None` for both.
    pub disabled: Option<bool>,
    /// In which order.
    pub order: AccountOrder,
    /// Those after this one, in that order; `None` from the first. Nothing comes after an account that is not there.
    pub after: Option<AccountId>,
}

/// An account in a list, with its people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountSummary {
    /// The account.
    pub account: AccountRecord,
    /// The address of its first owner; `None` for an account without one.
    pub owner: Option<Email>,
}

/// An invitation to sign up or into an account, not yet used. The secret in its link is stored only as its SHA-256.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvitationRecord {
    /// Its public handle.
    pub id: InvitationId,
    /// SHA-256 of the secret in the link.
    pub token_digest: [u8; 32],
    /// The only address that may use it; `None` for any.
    pub email: Option<Email>,
    /// Who made it, in words: an operator's name, or an owner's address then.
    pub created_by: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it can be used (exclusive).
    pub expires_at: Timestamp,
    /// Into which account; `None` for one with which somebody makes an account of their own. With it there is an address.
    pub into: Option<InvitedInto>,
}

/// Into which account an invitation is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvitedInto {
    /// The account.
    pub account_id: AccountId,
    /// What whoever is invited is to be there.
    pub role: Role,
    /// Which of its owners invited; `None` for an operator.
    pub invited_by: Option<UserId>,
}
