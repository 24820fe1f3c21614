//! Who may do what: one table of roles and permissions.

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

/// What somebody wants to do in an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// See the pairs: public keys, states, times.
    ViewKeys,
    /// See or copy a private key.
    RevealKey,
    /// Roll the active pair.
    RollKeys,
    /// End an expiring pair at once.
    RevokeKeys,
    /// Read the account's audit trail, and take it away as a file. Not for viewers: it holds the addresses and browsers
    /// of everybody in the account, and "sees that there are keys and when they end" needs none of that.
    ViewActivity,
}

impl Permission {
    /// Every permission, for tables and tests.
    pub const ALL: [Self; 5] = [Self::ViewKeys, Self::RevealKey, Self::RollKeys, Self::RevokeKeys, Self::ViewActivity];
}

impl Role {
    /// Every role, for tables and tests.
    pub const ALL: [Self; 3] = [Self::Owner, Self::Developer, Self::Viewer];

    /// Whether this role carries `permission`: the one table.
    pub const fn may(self, permission: Permission) -> bool {
        match (self, permission) {
            (Self::Owner | Self::Developer, _) | (Self::Viewer, Permission::ViewKeys) => true,
            (
                Self::Viewer,
                Permission::RevealKey | Permission::RollKeys | Permission::RevokeKeys | Permission::ViewActivity,
            ) => false,
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

    #[test]
    fn the_table_of_roles_and_permissions_is_as_documented() {
        let expected = [
            (Role::Owner, [true, true, true, true, true]),
            (Role::Developer, [true, true, true, true, true]),
            (Role::Viewer, [true, false, false, false, false]),
        ];
        for (role, row) in expected {
            assert_eq!(Permission::ALL.map(|permission| role.may(permission)), row, "{role:?}");
        }
    }

    #[test]
    fn role_names_are_read_back() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(role));
        }
        assert_eq!(Role::parse("root"), None);
    }
}
