//! Who acts, from where, under which request id: the first argument of every use case.

use crate::{Error, Result, Token};
use domain::audit::Actor;
use domain::{AccountId, Permission, Refusal, Role, SessionId, Timestamp, UserId};

/// One request, one command or one run of a background task.
#[derive(Debug, Clone)]
pub struct RequestContext {
    /// Who acts.
    pub caller: Caller,
    /// The caller's address, if there is one.
    pub address: Option<std::net::IpAddr>,
    /// The caller's user agent, cut at [`USER_AGENT_CHARS`].
    pub user_agent: Option<String>,
    /// Names the request in logs, answers and audit records.
    pub request_id: String,
    /// The cookie that says this browser has been signed in before.
    pub device: Option<Token>,
}

/// How much of a user agent is kept. Longer ones are attacks or noise.
pub const USER_AGENT_CHARS: usize = 300;

/// Who acts.
#[derive(Debug, Clone)]
pub enum Caller {
    /// Nobody known.
    Anonymous,
    /// A person with a living session.
    Person(SignedIn),
    /// Whoever has a shell on the machine, by the operating system's name for them.
    Operator(String),
}

/// A person with a living session, and the account they act in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// The session's public handle.
    pub session_id: SessionId,
    /// The person.
    pub user_id: UserId,
    /// The address they sign in with.
    pub email: String,
    /// The account they act in.
    pub account_id: AccountId,
    /// What they are there.
    pub role: Role,
    /// When they last proved who they are in this session.
    pub password_at: Timestamp,
}

impl RequestContext {
    /// The context of a command run by an operator.
    pub fn operator(name: String, request_id: String) -> Self {
        Self { caller: Caller::Operator(name), address: None, user_agent: None, request_id, device: None }
    }

    /// The signed-in person, or [`Refusal::SignedOut`].
    pub fn person(&self) -> Result<&SignedIn> {
        match &self.caller {
            Caller::Person(person) => Ok(person),
            Caller::Anonymous | Caller::Operator(_) => Err(Refusal::SignedOut.into()),
        }
    }

    /// Whether the caller may do this in this account: the first line of every use case that names an account.
    ///
    /// Somebody else's account answers exactly like one that does not exist.
    pub fn authorize(&self, account_id: &AccountId, permission: Permission) -> Result<()> {
        match &self.caller {
            Caller::Operator(_) => Ok(()),
            Caller::Anonymous => Err(Error::Refused(Refusal::SignedOut)),
            Caller::Person(person) if person.account_id != *account_id => Err(Error::Refused(Refusal::NotFound)),
            Caller::Person(person) if person.role.may(permission) => Ok(()),
            Caller::Person(_) => Err(Error::Refused(Refusal::NotAllowed)),
        }
    }

    /// The caller as audit records name them.
    pub fn actor(&self) -> Actor {
        match &self.caller {
            Caller::Anonymous => Actor::Anonymous,
            Caller::Person(person) => Actor::Person { id: person.user_id.clone(), name: person.email.clone() },
            Caller::Operator(name) => Actor::Operator { name: name.clone() },
        }
    }
}

/// Cuts a user agent to what is kept, and drops control characters, which could forge lines in a log.
pub fn tidy_user_agent(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(USER_AGENT_CHARS).collect()
}
