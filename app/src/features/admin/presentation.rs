//! From what is told to words, in one place.

use super::wire::Said;
use crate::features::developers::PairView;
use crate::paths;
use crate::ui::Tone;
use domain::{AccountId, KeyPairState, Role};

impl Said {
    /// What the admin reads.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::UnknownPrivateKey => {
                "This is shaped like a private key of this installation, but no pair has it or ever had it. It may be another installation's, or made up."
            }
            Self::KeyTooShort => "This begins like a private key, but the end is missing. Paste the whole of it.",
            Self::KeyTooLong => "This begins like a private key, but goes on after its end. Paste nothing but the key.",
            Self::KeyChecksum => {
                "This is as long as a private key, but is none: its checksum is wrong. Look for a typo."
            }
            Self::SeveralKeys => "There is more than one private key in this. Paste one at a time.",
            Self::NothingFound => "This is shaped like an id or a public key, but nothing here has it.",
            Self::NotSearched => {
                "Nothing here is exactly this. It is too long to be the beginning of a name, an external id or an e-mail address, and may be a secret, so it was not searched for."
            }
            Self::InstallationKey => {
                "This is an installation key. It belongs to no account: with it a system of the company acts on accounts. If it has leaked, an operator revokes it on the server."
            }
            Self::UnknownInstallationKey => {
                "This is shaped like an installation key of this installation, but there never was this one. It may be another installation's, or made up."
            }
            Self::Rolled => {
                "The keys are rolled, and the new pair works. Its private key was shown to nobody: the owner reads why on their developers tab, and reveals the new key there."
            }
            Self::Expired => "The pair has expired. Requests made with its keys are refused from now on.",
            Self::Disabled => {
                "The account is disabled. Requests made with its keys are refused from now on; its members can sign in, and read so there."
            }
            Self::Enabled => "The account is enabled. Requests made with keys that have not expired succeed again.",
            Self::SessionsEnded => {
                "Their sessions have ended. Whatever they ask for next is refused until they sign in again."
            }
            Self::NoSessions => "They were signed in nowhere. Nothing was changed.",
            Self::NothingSelected => "No account was selected. Select those to roll, or take all on the page.",
            Self::BulkRollBegun => {
                "It has begun, and goes on by itself, also when you leave this page. Each owner reads why on their developers tab."
            }
            Self::BulkRollStopped => "It is stopped. No further account is rolled.",
        }
    }

    /// How loud it is.
    pub const fn tone(self) -> Tone {
        match self {
            Self::UnknownPrivateKey
            | Self::KeyTooShort
            | Self::KeyTooLong
            | Self::KeyChecksum
            | Self::SeveralKeys
            | Self::NothingFound
            | Self::UnknownInstallationKey
            | Self::NotSearched
            | Self::NothingSelected => Tone::Notice,
            Self::InstallationKey => Tone::Danger,
            Self::NoSessions => Tone::Quiet,
            Self::Rolled
            | Self::Expired
            | Self::Disabled
            | Self::Enabled
            | Self::SessionsEnded
            | Self::BulkRollBegun
            | Self::BulkRollStopped => Tone::Success,
        }
    }
}

/// What a pair that was looked for is, before the instant it ends or ended at.
pub const fn pair_found(state: KeyPairState) -> &'static str {
    match state {
        KeyPairState::Active => {
            "You looked for the active pair: its keys work, for whoever has them, until they are rolled"
        }
        KeyPairState::Expiring { .. } => "You looked for an expiring pair: its keys work until ",
        KeyPairState::Expired { .. } => {
            "You looked for a pair that has expired: its keys authenticate nothing any more, since "
        }
        KeyPairState::Revoked { .. } => {
            "You looked for a pair that was ended at once: its keys authenticate nothing any more, since "
        }
    }
}

/// Where a pair that works is ended, and what the link there says; `None` for one that has ended.
pub fn ending(account: &AccountId, pair: &PairView) -> Option<(String, &'static str)> {
    match pair.state {
        KeyPairState::Active => Some((paths::admin_roll(account, &pair.id), "Roll keys")),
        KeyPairState::Expiring { .. } => Some((paths::admin_expire(account, &pair.id), "Expire now")),
        KeyPairState::Expired { .. } | KeyPairState::Revoked { .. } => None,
    }
}

/// How loud that is: what still works needs somebody to act.
pub const fn pair_found_tone(state: KeyPairState) -> Tone {
    if state.works() { Tone::Danger } else { Tone::Quiet }
}

/// What a member is.
pub const fn role_words(role: Role) -> &'static str {
    match role {
        Role::Owner => "Owner",
        Role::Developer => "Developer",
        Role::Viewer => "Viewer",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_is_read_back_and_nothing_else() {
        for said in Said::ALL {
            assert_eq!(Said::parse(said.as_str()), Some(said));
            assert!(said.sentence().ends_with('.'));
        }
        assert_eq!(Said::parse("call-us"), None);
    }

    /// Both travel in one cookie, and a page must not say what another has done.
    #[test]
    fn no_word_is_also_one_about_a_persons_own_sign_in() {
        for said in Said::ALL {
            assert_eq!(crate::features::sessions::Said::parse(said.as_str()), None);
        }
    }
}
