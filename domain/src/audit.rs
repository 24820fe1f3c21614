//! What is recorded: who did what to which things, and from where.

use crate::{AccountId, EventId, PairId, SessionId, Timestamp, UserId};
use serde::Serialize;

/// Who does something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// Nobody known: somebody signing in or up, before they are anybody.
    Anonymous,
    /// A person, with the address they had at the time.
    Person {
        /// Their id.
        id: UserId,
        /// Their e-mail address then.
        name: String,
    },
    /// Whoever has a shell on the machine and runs `latchkey` there.
    Operator {
        /// The operating system's name for them.
        name: String,
    },
    /// A program that authenticated with a pair.
    Pair {
        /// The pair.
        id: PairId,
    },
    /// Latchkey itself: the sweep.
    System,
}

impl Actor {
    /// The stable word stored with a record.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Person { .. } => "person",
            Self::Operator { .. } => "operator",
            Self::Pair { .. } => "pair",
            Self::System => "system",
        }
    }

    /// The actor's id, where it has one.
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Person { id, .. } => Some(id.as_str()),
            Self::Pair { id } => Some(id.as_str()),
            Self::Anonymous | Self::Operator { .. } | Self::System => None,
        }
    }

    /// The actor's name at the time, where it has one.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Person { name, .. } | Self::Operator { name } => Some(name),
            Self::Anonymous | Self::Pair { .. } | Self::System => None,
        }
    }
}

macro_rules! acts {
    ($($(#[$doc:meta])* $name:ident = $word:literal;)*) => {
        /// What was done. The words are stored, so they never change.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Act {
            $($(#[$doc])* $name,)*
        }

        impl Act {
            /// Every act, for filters and tests.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The stable word stored with a record.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }

            /// Reads the stable word.
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|act| act.as_str() == word)
            }
        }
    };
}

acts! {
    /// A person, an account and its first pair were made.
    AccountCreate = "account.create";
    /// Somebody signed in.
    SignIn = "session.sign_in";
    /// A sign-in was refused.
    SignInRefused = "session.sign_in_refused";
    /// A session was ended by its person.
    SignOut = "session.sign_out";
    /// A password was given again and was wrong.
    StepUpRefused = "session.step_up_refused";
    /// A private key was shown or copied.
    KeyReveal = "key.reveal";
    /// A reveal was refused.
    KeyRevealRefused = "key.reveal_refused";
    /// A pair was rolled.
    KeyRoll = "key.roll";
    /// A roll was refused.
    KeyRollRefused = "key.roll_refused";
    /// An expiring pair was ended at once.
    KeyRevoke = "key.revoke";
    /// Ending a pair was refused.
    KeyRevokeRefused = "key.revoke_refused";
    /// A pair's scheduled end was seen to pass.
    KeyExpire = "key.expire";
    /// A one-time link to set a password was made.
    PasswordLink = "password.link";
    /// A password was set.
    PasswordSet = "password.set";
}

/// What an act was done to. A record may name several: a roll names both pairs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum Target {
    /// An account.
    Account(AccountId),
    /// A pair.
    Pair(PairId),
    /// A person.
    Person(UserId),
    /// A session.
    Session(SessionId),
}

impl Target {
    /// The stable word for what kind of thing it is, as it is serialised.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Account(_) => "account",
            Self::Pair(_) => "pair",
            Self::Person(_) => "person",
            Self::Session(_) => "session",
        }
    }

    /// The thing's id.
    pub fn id(&self) -> &str {
        match self {
            Self::Account(id) => id.as_str(),
            Self::Pair(id) => id.as_str(),
            Self::Person(id) => id.as_str(),
            Self::Session(id) => id.as_str(),
        }
    }

    /// Reads a target from its kind and id.
    pub fn parse(kind: &str, id: &str) -> Option<Self> {
        match kind {
            "account" => id.parse().ok().map(Self::Account),
            "pair" => id.parse().ok().map(Self::Pair),
            "person" => id.parse().ok().map(Self::Person),
            "session" => id.parse().ok().map(Self::Session),
            _ => None,
        }
    }
}

/// One audit record. Written in the transaction of the change it describes, so neither exists without the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its id, in order of time.
    pub id: EventId,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// What.
    pub act: Act,
    /// In which account; `None` before there is one (a failed sign-in of nobody).
    pub account_id: Option<AccountId>,
    /// To which things.
    pub targets: Vec<Target>,
    /// A little more, never a secret: the expiry chosen, the reason given, the refusal's code.
    pub detail: Option<String>,
    /// The caller's address, if there was one.
    pub address: Option<String>,
    /// The caller's user agent, cut at 300 characters.
    pub user_agent: Option<String>,
    /// The request this belongs to.
    pub request_id: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_words_of_acts_are_unique_and_read_back() {
        let words: HashSet<_> = Act::ALL.iter().map(|act| act.as_str()).collect();
        assert_eq!(words.len(), Act::ALL.len());
        for act in Act::ALL {
            assert_eq!(Act::parse(act.as_str()), Some(*act));
        }
        assert_eq!(Act::parse("key.rotate"), None);
    }
}
