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

/// What was done. The words are stored, so they never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Act {
    /// A person, an account and its first pair were made.
    AccountCreate,
    /// Somebody signed in.
    SignIn,
    /// A sign-in was refused.
    SignInRefused,
    /// A session was ended by its person.
    SignOut,
    /// A password was given again and was wrong.
    StepUpRefused,
    /// A private key was shown or copied.
    KeyReveal,
    /// A reveal was refused.
    KeyRevealRefused,
    /// A pair was rolled.
    KeyRoll,
    /// A roll was refused.
    KeyRollRefused,
    /// An expiring pair was ended at once.
    KeyRevoke,
    /// Ending a pair was refused.
    KeyRevokeRefused,
    /// A pair's scheduled end was seen to pass.
    KeyExpire,
    /// A one-time link to set a password was made.
    PasswordLink,
    /// A password was set.
    PasswordSet,
}

impl Act {
    /// The stable word stored with a record.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccountCreate => "account.create",
            Self::SignIn => "session.sign_in",
            Self::SignInRefused => "session.sign_in_refused",
            Self::SignOut => "session.sign_out",
            Self::StepUpRefused => "session.step_up_refused",
            Self::KeyReveal => "key.reveal",
            Self::KeyRevealRefused => "key.reveal_refused",
            Self::KeyRoll => "key.roll",
            Self::KeyRollRefused => "key.roll_refused",
            Self::KeyRevoke => "key.revoke",
            Self::KeyRevokeRefused => "key.revoke_refused",
            Self::KeyExpire => "key.expire",
            Self::PasswordLink => "password.link",
            Self::PasswordSet => "password.set",
        }
    }
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
