//! Who may do what: one table of roles, scopes and permissions.

use crate::{Refusal, UserId};
use serde::{Deserialize, Serialize};

/// What a member is in an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// May do everything in the account.
    Owner,
    /// Works with the keys.
    Developer,
    /// Sees that there are keys and when they end.
    Viewer,
}

/// In which capacity somebody acts on an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// As one of its members.
    Member(Role),
    /// As an admin of the installation, on any account.
    Admin,
    /// As one of the company's own systems, on any account, with an installation key that has this scope. A key with
    /// several scopes may do what any of them lets it.
    System(Scope),
}

/// What an installation key is for. A key has one scope or several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Looks accounts up.
    Read,
    /// Makes accounts, disables and enables them.
    Provision,
    /// Rolls their keys.
    Roll,
}

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident = $words:literal: $owner:literal $developer:literal $viewer:literal $admin:literal
        $read:literal $provision:literal $roll:literal;)*) => {
        /// What somebody wants to do with an account.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Permission {
            $($(#[$doc])* $name,)*
        }

        impl Permission {
            /// Every permission, for tables and tests.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// What it lets somebody do, in words.
            pub const fn words(self) -> &'static str {
                match self {
                    $(Self::$name => $words,)*
                }
            }
        }

        impl Standing {
            /// Whether somebody in this capacity may: the one table of the product, as docs/ROLES.md shows it.
            pub const fn may(self, permission: Permission) -> bool {
                match (permission, self) {
                    $(
                        (Permission::$name, Self::Member(Role::Owner)) => $owner,
                        (Permission::$name, Self::Member(Role::Developer)) => $developer,
                        (Permission::$name, Self::Member(Role::Viewer)) => $viewer,
                        (Permission::$name, Self::Admin) => $admin,
                        (Permission::$name, Self::System(Scope::Read)) => $read,
                        (Permission::$name, Self::System(Scope::Provision)) => $provision,
                        (Permission::$name, Self::System(Scope::Roll)) => $roll,
                    )*
                }
            }
        }
    };
}

// Columns: owner, developer, viewer, admin of the installation; then the scopes of installation keys: read, provision,
// roll.
permissions! {
    /// Public keys, states, times.
    ViewKeys = "See the pairs": true true true true true true true;
    /// See or copy a private key. Never an admin, nor a system: they end leaked keys, and need none for that.
    RevealKey = "Reveal a private key": true true false false false false false;
    /// Roll the active pair.
    RollKeys = "Roll the keys": true true false true false false true;
    /// End an expiring pair at once.
    RevokeKeys = "Expire an expiring pair now": true true false true false false false;
    /// Read the account's audit trail, and take it away as a file. Not for viewers: it holds the addresses and browsers
    /// of everybody in the account, and "sees that there are keys and when they end" needs none of that.
    ViewActivity = "Read and export the activity": true true false true false false false;
    /// See who is in the account. Whoever works with its keys may know who else does.
    ViewMembers = "See the members": true true true true false false false;
    /// Invite members, change their roles, remove them. Not an admin's: they act on keys, and an operator has the shell.
    ManageMembers = "Manage the members": true false false false false false false;
    /// Look accounts up, by whatever is known of them, a leaked private key among it.
    FindAccounts = "Find accounts": false false false true true true false;
    /// Make an account for a customer, with its owner and its first pair.
    CreateAccounts = "Create accounts": false false false false false true false;
    /// Stop an account's keys from authenticating, and let them again.
    DisableAccount = "Disable and enable the account": false false false true false true false;
    /// End somebody else's sessions.
    EndSessions = "End a member's sessions": false false false true false false false;
    /// See which files were uploaded. Never an admin: the files are the account's own.
    ViewFiles = "See the files": true true true false false false false;
    /// Upload files and delete them.
    ChangeFiles = "Upload and delete files": true true false false false false false;
    /// Choose the origins whose pages may upload. Who may roll the keys that sign uploads may say whose pages use them;
    /// not an admin, who acts on keys and not on what is done with them.
    ChangeOrigins = "Choose the origins that may upload": true true false false false false false;
}

impl Standing {
    /// Every capacity, for tables and tests.
    pub const ALL: [Self; 7] = [
        Self::Member(Role::Owner),
        Self::Member(Role::Developer),
        Self::Member(Role::Viewer),
        Self::Admin,
        Self::System(Scope::Read),
        Self::System(Scope::Provision),
        Self::System(Scope::Roll),
    ];
}

/// Whether an account with these members still has an owner once one of them is something else, or gone (`None`).
pub fn keeps_an_owner<'a>(
    members: impl IntoIterator<Item = (&'a UserId, Role)>,
    changed: &UserId,
    becomes: Option<Role>,
) -> Result<(), Refusal> {
    let mut others = members.into_iter().filter(|(user_id, _)| *user_id != changed);
    if becomes == Some(Role::Owner) || others.any(|(_, role)| role == Role::Owner) {
        Ok(())
    } else {
        Err(Refusal::LastOwner)
    }
}

impl Scope {
    /// Every scope, for tables and tests.
    pub const ALL: [Self; 3] = [Self::Read, Self::Provision, Self::Roll];

    /// The stable name in the database and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Provision => "provision",
            Self::Roll => "roll",
        }
    }

    /// Reads the stable name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }
}

impl Role {
    /// Every role, for tables and tests.
    pub const ALL: [Self; 3] = [Self::Owner, Self::Developer, Self::Viewer];

    /// Whether a member with this role may.
    pub const fn may(self, permission: Permission) -> bool {
        Standing::Member(self).may(permission)
    }

    /// What somebody is, in a sentence.
    pub const fn with_article(self) -> &'static str {
        match self {
            Self::Owner => "an owner",
            Self::Developer => "a developer",
            Self::Viewer => "a viewer",
        }
    }

    /// The stable name in the database and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Developer => "developer",
            Self::Viewer => "viewer",
        }
    }

    /// Reads the stable name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever changes who may do what changes the page that says so.
    #[test]
    fn the_table_of_roles_and_permissions_is_as_documented() {
        let documented = include_str!("../../docs/ROLES.md").lines().filter(|line| line.starts_with("| "));
        let header = "| | owner | developer | viewer | admin | read | provision | roll |".to_owned();
        let line = |permission: &Permission| {
            let cells = Standing::ALL.map(|standing| if standing.may(*permission) { "yes" } else { "no" });
            format!("| {} | {} |", permission.words(), cells.join(" | "))
        };
        let table: Vec<_> = std::iter::once(header).chain(Permission::ALL.iter().map(line)).collect();
        assert_eq!(documented.collect::<Vec<_>>(), table);
    }

    #[test]
    fn an_account_keeps_an_owner_whoever_goes_or_changes() {
        let ids = ["1", "2", "3"].map(|n| format!("user_{n:0>26}").parse::<UserId>().expect("an id"));
        let members = |roles: [Role; 3]| ids.iter().zip(roles).collect::<Vec<_>>();
        let one = members([Role::Owner, Role::Developer, Role::Viewer]);
        let two = members([Role::Owner, Role::Owner, Role::Viewer]);
        for becomes in [None, Some(Role::Developer), Some(Role::Viewer)] {
            assert_eq!(keeps_an_owner(one.clone(), &ids[0], becomes), Err(Refusal::LastOwner), "{becomes:?}");
            assert_eq!(keeps_an_owner(one.clone(), &ids[1], becomes), Ok(()));
            assert_eq!(keeps_an_owner(two.clone(), &ids[0], becomes), Ok(()));
        }
        assert_eq!(keeps_an_owner(one, &ids[0], Some(Role::Owner)), Ok(()));
    }

    #[test]
    fn the_names_of_roles_and_scopes_are_read_back() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(role));
        }
        assert_eq!(Role::parse("root"), None);
        for scope in Scope::ALL {
            assert_eq!(Scope::parse(scope.as_str()), Some(scope));
        }
        assert_eq!(Scope::parse("write"), None);
    }
}
