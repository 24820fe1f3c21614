//! Who acts, from where, under which request id: the first argument of every use case.

use crate::{Error, Result, Token};
use domain::audit::Actor;
use domain::{AccountId, InstallationKeyId, Permission, Refusal, Role, Scope, SessionId, Standing, Timestamp, UserId};

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
    /// An admin of the installation who acts on somebody's account: made by [`RequestContext::as_admin`] and nowhere
    /// else, so that being an admin gives nobody more on the pages of their own account.
    Admin(SignedIn),
    /// Whoever has a shell on the machine, by the operating system's name for them.
    Operator(String),
    /// One of the company's own systems, with an installation key: made by [`crate::Backend::authenticate_installation`].
    Installation(InstallationCaller),
}

/// One of the company's own systems, by the installation key it came with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstallationCaller {
    /// The key's id.
    pub id: InstallationKeyId,
    /// The operator's name for the key: "billing".
    pub name: String,
    /// What the key is for.
    pub scopes: Vec<Scope>,
}

impl InstallationCaller {
    /// Whether any scope of the key lets it.
    pub fn may(&self, permission: Permission) -> bool {
        self.scopes.iter().any(|scope| Standing::System(*scope).may(permission))
    }
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
    /// The account they act in, and what they are there; `None` for somebody in no account.
    pub seat: Option<Seat>,
    /// Whether they are an admin of the installation.
    pub admin: bool,
    /// When they last proved who they are in this session.
    pub password_at: Timestamp,
}

/// Somebody's place in an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// The account.
    pub account_id: AccountId,
    /// What they are there.
    pub role: Role,
}

impl SignedIn {
    /// Their place in an account, or [`Refusal::NoAccount`].
    pub fn seat(&self) -> Result<&Seat> {
        Ok(self.seat.as_ref().ok_or(Refusal::NoAccount)?)
    }

    /// The account they act in, if they are in one: what their own records are filed under.
    pub fn account_id(&self) -> Option<&AccountId> {
        self.seat.as_ref().map(|seat| &seat.account_id)
    }
}

impl RequestContext {
    /// The context of a command run by an operator.
    pub fn operator(name: String, request_id: String) -> Self {
        Self { caller: Caller::Operator(name), address: None, user_agent: None, request_id, device: None }
    }

    /// The signed-in person, or [`Refusal::SignedOut`].
    pub fn person(&self) -> Result<&SignedIn> {
        match &self.caller {
            Caller::Person(person) | Caller::Admin(person) => Ok(person),
            Caller::Anonymous | Caller::Operator(_) | Caller::Installation(_) => Err(Refusal::SignedOut.into()),
        }
    }

    /// Whether the caller may do this in this account: the first line of every use case that names an account.
    ///
    /// Somebody else's account answers exactly like one that does not exist.
    pub fn authorize(&self, account_id: &AccountId, permission: Permission) -> Result<()> {
        match &self.caller {
            Caller::Operator(_) => Ok(()),
            Caller::Anonymous => Err(Error::Refused(Refusal::SignedOut)),
            Caller::Admin(_) | Caller::Installation(_) => self.authorize_everywhere(permission),
            Caller::Person(person) => match &person.seat {
                Some(seat) if seat.account_id != *account_id => Err(Error::Refused(Refusal::NotFound)),
                Some(seat) if seat.role.may(permission) => Ok(()),
                Some(_) => Err(Error::Refused(Refusal::NotAllowed)),
                None => Err(Error::Refused(Refusal::NotFound)),
            },
        }
    }

    /// Whether the caller may do this in any account: the first line of every use case that is not about their own.
    ///
    /// Who is no admin gets the answer of what does not exist.
    pub fn authorize_everywhere(&self, permission: Permission) -> Result<()> {
        match &self.caller {
            Caller::Operator(_) => Ok(()),
            Caller::Anonymous => Err(Error::Refused(Refusal::SignedOut)),
            Caller::Person(_) => Err(Error::Refused(Refusal::NotFound)),
            Caller::Admin(_) if Standing::Admin.may(permission) => Ok(()),
            Caller::Installation(system) if system.may(permission) => Ok(()),
            Caller::Admin(_) | Caller::Installation(_) => Err(Error::Refused(Refusal::NotAllowed)),
        }
    }

    /// The same caller, acting as an admin of the installation. [`Refusal::NotFound`] for everybody else: that there is
    /// a console is nothing they need to know.
    pub fn as_admin(&self) -> Result<Self> {
        let person = self.person()?;
        if !person.admin {
            return Err(Refusal::NotFound.into());
        }
        Ok(Self { caller: Caller::Admin(person.clone()), ..self.clone() })
    }

    /// The caller as audit records name them.
    pub fn actor(&self) -> Actor {
        match &self.caller {
            Caller::Anonymous => Actor::Anonymous,
            Caller::Person(person) => Actor::Person { id: person.user_id.clone(), name: person.email.clone() },
            Caller::Admin(person) => Actor::Admin { id: person.user_id.clone(), name: person.email.clone() },
            Caller::Operator(name) => Actor::Operator { name: name.clone() },
            Caller::Installation(system) => Actor::Installation { id: system.id.clone(), name: system.name.clone() },
        }
    }
}

/// Cuts a user agent to what is kept, and drops control characters, which could forge lines in a log.
pub fn tidy_user_agent(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(USER_AGENT_CHARS).collect()
}
