//! What is said on the pages, and beside which field.

use super::wire::MembersSaid;
use crate::error::AppError;
use domain::{Refusal, Role};

impl MembersSaid {
    /// What the person reads afterwards.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::InvitationRevoked => "The invitation is revoked. Its link opens nothing.",
            Self::RoleChanged => "The role is changed, from their next click on.",
            Self::MemberRemoved => {
                "The member is removed, from their next click on. If they may have kept the private key, roll the keys."
            }
        }
    }
}

/// A role as a label.
pub const fn role_label(role: Role) -> &'static str {
    match role {
        Role::Owner => "Owner",
        Role::Developer => "Developer",
        Role::Viewer => "Viewer",
    }
}

/// What somebody in this role may do, in a few words.
pub const fn role_hint(role: Role) -> &'static str {
    match role {
        Role::Owner => "Everything, members included",
        Role::Developer => "Keys, files and activity, not members",
        Role::Viewer => "Sees the pairs, the files and the members",
    }
}

/// Why somebody in this role finds the actions of the page disabled.
pub const fn why_not(role: Role) -> &'static str {
    match role {
        Role::Owner => "",
        Role::Developer => {
            "You are a developer of this account: only an owner can invite, change roles and remove members."
        }
        Role::Viewer => "You are a viewer of this account: only an owner can invite, change roles and remove members.",
    }
}

/// Why the only owner finds what would leave none disabled.
pub const LAST_OWNER: &str =
    "You are the only owner. Make somebody else an owner first, then you can leave or take another role.";

/// Whether the sentence belongs beside the address.
pub fn is_about_email(error: AppError) -> bool {
    matches!(error, AppError::Refused(Refusal::EmailInvalid | Refusal::MemberAlready))
}

/// Whether the sentence belongs beside the roles.
pub fn is_about_role(error: AppError) -> bool {
    matches!(error, AppError::Refused(Refusal::RoleMissing | Refusal::RoleUnchanged))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_is_read_back_and_nothing_else() {
        for said in MembersSaid::ALL {
            assert_eq!(MembersSaid::parse(said.as_str()), Some(said));
            assert!(said.sentence().ends_with('.'));
        }
        assert_eq!(MembersSaid::parse("call-us"), None);
    }
}
