//! What the pages are told.

use crate::features::dashboard::Reader;
use crate::ui::Moment;
use domain::{AccountId, InvitationId, Role, UserId};
use serde::{Deserialize, Serialize};

/// The account's members, as one of them sees them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MembersView {
    /// What the company calls its product.
    pub product_name: String,
    /// Served over plain HTTP to other machines.
    pub insecure: bool,
    /// Who is signed in.
    pub email: String,
    /// The account. Every form of these pages names it, so that one that stood in another tab changes no other account.
    pub account: AccountId,
    /// What it is called.
    pub account_name: String,
    /// What this person is there.
    pub role: Role,
    /// Whether they may invite, change roles and remove.
    pub may_manage: bool,
    /// Whether the password is asked for that.
    pub password_due: bool,
    /// What was done just before.
    pub said: Option<MembersSaid>,
    /// The invitation just made, with its link, once.
    pub fresh: Option<FreshInvitation>,
    /// The address typed into a form that was refused.
    pub typed_email: String,
    /// The members, in the order of joining.
    pub members: Vec<MemberView>,
    /// The invitations that can be used, newest first; none for whoever may not invite.
    pub invitations: Vec<OpenInvitation>,
}

impl MembersView {
    /// For whom the page is drawn.
    pub fn reader(&self) -> Reader {
        Reader {
            product_name: self.product_name.clone(),
            account_name: self.account_name.clone(),
            email: self.email.clone(),
            role: Some(self.role),
        }
    }
}

impl MembersView {
    /// Whether this member is the only owner there is.
    pub fn is_last_owner(&self, member: &MemberView) -> bool {
        member.role == Role::Owner && self.members.iter().filter(|member| member.role == Role::Owner).count() == 1
    }
}

/// A member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberView {
    /// Names the person.
    pub id: UserId,
    /// What they sign in with.
    pub email: String,
    /// What they are in the account.
    pub role: Role,
    /// Since when.
    pub since: Moment,
    /// Whether they read this page.
    pub own: bool,
    /// Whether they have a password, without which they cannot sign in.
    pub has_password: bool,
}

/// An invitation that can be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenInvitation {
    /// Names it. Opens nothing.
    pub id: InvitationId,
    /// For whom.
    pub email: String,
    /// As what.
    pub role: Role,
    /// Who made it.
    pub by: String,
    /// Until when.
    pub expires: Moment,
}

/// An invitation just made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FreshInvitation {
    /// For whom.
    pub email: String,
    /// As what.
    pub role: Role,
    /// The link, with its secret behind `#`.
    pub link: String,
    /// Until when.
    pub expires: Moment,
}

/// What somebody sees who has opened an invitation into an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinView {
    /// What the company calls its product.
    pub product_name: String,
    /// Served over plain HTTP to other machines.
    pub insecure: bool,
    /// What is offered; `None` for an invitation that cannot be used any more.
    pub offer: Option<Offer>,
}

/// What an invitation offers, and to whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// What the account is called.
    pub account_name: String,
    /// The only address it is for.
    pub email: String,
    /// As what.
    pub role: Role,
    /// Who invited.
    pub by: String,
    /// Until when.
    pub expires: Moment,
    /// Who has opened it.
    pub holder: Holder,
}

/// Who has opened an invitation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Holder {
    /// Nobody signed in.
    Nobody,
    /// The person it is for.
    Invited,
    /// Somebody who signs in with another address: this one.
    Another(String),
}

/// The accounts a person is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnAccountsView {
    /// What the company calls its product.
    pub product_name: String,
    /// Served over plain HTTP to other machines.
    pub insecure: bool,
    /// Who is signed in.
    pub email: String,
    /// What the account is called that they act in, or their address.
    pub account_name: String,
    /// What they are there, if they are in one.
    pub role: Option<Role>,
    /// Every account, in the order of joining.
    pub accounts: Vec<OwnAccountView>,
}

/// One of the accounts a person is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnAccountView {
    /// Names it.
    pub id: AccountId,
    /// What it is called.
    pub name: String,
    /// What they are there.
    pub role: Role,
    /// Whether it is disabled.
    pub disabled: bool,
    /// Whether it is the one this session acts in.
    pub current: bool,
}

/// What was done just before the page of the members. It travels in a cookie, which no link can forge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum MembersSaid {
    /// An invitation was revoked.
    InvitationRevoked,
    /// A role was changed.
    RoleChanged,
    /// A member was removed.
    MemberRemoved,
}

impl MembersSaid {
    /// Every one of them.
    pub const ALL: [Self; 3] = [Self::InvitationRevoked, Self::RoleChanged, Self::MemberRemoved];

    /// The word in the cookie.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvitationRevoked => "member-invitation-revoked",
            Self::RoleChanged => "role-changed",
            Self::MemberRemoved => "member-removed",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|said| said.as_str() == word)
    }
}
