//! Sessions: who is behind a cookie, and for how long.

use crate::context::Seat;
use crate::passwords::Lane;
use crate::record::Happened;
use crate::store::{Membership, SessionRecord, SessionView, WriteTx};
use crate::{Backend, Error, RequestContext, Result, SignedIn, Token};
use domain::audit::{Act, Detail, Target};
use domain::{Duration, Password, Refusal, SessionId, Timestamp, UserId};

/// A session ends this long after its last use. Use is noted to the minute, so it may end up to a minute early.
pub const IDLE: Duration = Duration::minutes(30);
/// A session ends this long after the sign-in, used or not.
pub const ABSOLUTE: Duration = Duration::hours(12);
/// How long after giving the password a person may reveal and roll without giving it again.
pub const STEP_UP: Duration = Duration::minutes(5);

const NOTE_USE_EVERY: Duration = Duration::minutes(1);

/// A person's own sessions.
#[derive(Debug)]
pub struct OwnSessions {
    /// What the account they act in is called, if they are in one.
    pub account_name: Option<String>,
    /// Those that live, the last used first.
    pub sessions: Vec<SessionRecord>,
    /// The instant at which they did.
    pub now: Timestamp,
}

/// Which session a person has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndedSession {
    /// The one the request came with: they are signed out.
    Own,
    /// Another one of theirs.
    Other,
}

/// Whether a session opened and last used at these instants still lives. Both ends are exclusive.
pub fn lives(created_at: Timestamp, last_used_at: Timestamp, now: Timestamp) -> bool {
    now < last_used_at.plus(IDLE) && now < created_at.plus(ABSOLUTE)
}

/// Whether the password has to be given again: 5 minutes after it was given, and whenever the clock makes no sense.
pub fn step_up_due(password_at: Timestamp, now: Timestamp) -> bool {
    now >= password_at.plus(STEP_UP) || now < password_at
}

impl Backend {
    /// Who is behind the cookie; `None` if its session has ended or never was.
    pub async fn find_signed_in(&self, token: &Token) -> Result<Option<SignedIn>> {
        let Some(SessionView { session, email, membership, admin }) = self.store.find_session(&token.digest()).await?
        else {
            return Ok(None);
        };
        let now = self.clock.now();
        if !lives(session.created_at, session.last_used_at, now) {
            return Ok(None);
        }
        if now.since(session.last_used_at) >= NOTE_USE_EVERY {
            self.note_use(&session.id, now).await;
        }
        Ok(Some(SignedIn {
            session_id: session.id,
            user_id: session.user_id,
            email: email.into(),
            seat: membership.map(|Membership { account_id, role, .. }| Seat { account_id, role }),
            admin,
            password_at: session.password_at,
        }))
    }

    /// A page must not fail because its session could not be renewed (a full disk, say): the worst is an earlier end.
    async fn note_use(&self, session: &SessionId, now: Timestamp) {
        let noted = async {
            let mut tx = self.store.begin_write().await?;
            tx.touch_session(session, now).await?;
            tx.commit().await
        };
        if let Err(error) = noted.await {
            tracing::warn!(%error, "could not renew a session");
        }
    }

    /// Opens a session for somebody who has just proved who they are. The secret for the cookie is answered once.
    pub(crate) async fn open_session(
        &self,
        tx: &mut dyn WriteTx,
        context: &RequestContext,
        user_id: &UserId,
        now: Timestamp,
    ) -> Result<(SessionId, Token)> {
        let token = Token::mint(self.entropy.as_ref());
        let session = SessionRecord {
            id: SessionId::mint(now, self.entropy.as_ref()),
            token_digest: token.digest(),
            user_id: user_id.clone(),
            created_at: now,
            last_used_at: now,
            password_at: now,
            address: context.address.map(|address| address.to_string()),
            user_agent: context.user_agent.clone(),
        };
        tx.insert_session(&session).await?;
        Ok((session.id, token))
    }

    /// Ends the caller's session.
    pub async fn sign_out(&self, context: &RequestContext) -> Result<()> {
        let person = context.person()?;
        let mut tx = self.store.begin_write().await?;
        let now = self.clock.now();
        if tx.delete_session(&person.session_id).await? {
            let targets = vec![Target::Session(person.session_id.clone())];
            let happened = Happened::new(Act::SignOut, person.account_id(), targets);
            self.record(tx.as_mut(), context, now, happened).await?;
        }
        Ok(tx.commit().await?)
    }

    /// The caller's own sessions that live, the last used first.
    pub async fn list_sessions(&self, context: &RequestContext) -> Result<OwnSessions> {
        let person = context.person()?;
        let account = match person.account_id() {
            Some(account_id) => Some(self.store.find_account(account_id).await?.ok_or(Refusal::NotFound)?),
            None => None,
        };
        let all = self.store.list_sessions(&person.user_id).await?;
        let now = self.clock.now();
        let sessions = all.into_iter().filter(|s| lives(s.created_at, s.last_used_at, now)).collect();
        Ok(OwnSessions { account_name: account.map(|account| account.name), sessions, now })
    }

    /// Ends one of the caller's sessions. Their own one is signed out; for another the password may be due.
    ///
    /// Somebody else's session answers exactly like a missing one: [`Refusal::NotFound`].
    pub async fn end_session(
        &self,
        context: &RequestContext,
        session_id: &SessionId,
        password: Option<&Password>,
    ) -> Result<EndedSession> {
        let person = context.person()?;
        if *session_id == person.session_id {
            self.sign_out(context).await?;
            return Ok(EndedSession::Own);
        }
        let ended = self.end_one(context, person, session_id, password).await;
        // The record does not repeat an id that may be somebody else's.
        let refused = Happened::new(Act::SessionEndRefused, person.account_id(), Vec::new());
        self.record_refusal(context, refused, ended).await?;
        Ok(EndedSession::Other)
    }

    async fn end_one(
        &self,
        context: &RequestContext,
        person: &SignedIn,
        session_id: &SessionId,
        password: Option<&Password>,
    ) -> Result<()> {
        self.step_up(context, password).await?;
        let mut tx = self.store.begin_write().await?;
        let now = self.clock.now();
        if !tx.touch_session(&person.session_id, now).await? {
            return Err(Refusal::SignedOut.into());
        }
        if !tx.delete_session_of(&person.user_id, session_id).await? {
            return Err(Refusal::NotFound.into());
        }
        let targets = vec![Target::Session(session_id.clone())];
        self.record(tx.as_mut(), context, now, Happened::new(Act::SessionEnd, person.account_id(), targets)).await?;
        Ok(tx.commit().await?)
    }

    /// Ends all of the caller's sessions but this one. Answers how many there were.
    pub async fn end_other_sessions(&self, context: &RequestContext, password: Option<&Password>) -> Result<u64> {
        let person = context.person()?;
        self.step_up(context, password).await?;
        let mut tx = self.store.begin_write().await?;
        let now = self.clock.now();
        if !tx.touch_session(&person.session_id, now).await? {
            return Err(Refusal::SignedOut.into());
        }
        let ended = tx.delete_other_sessions(&person.user_id, &person.session_id).await?;
        let count = ended.len() as u64;
        if count > 0 {
            let targets = ended.into_iter().map(Target::Session).collect();
            let happened = Happened::new(Act::SessionEnd, person.account_id(), targets)
                .with_detail(Detail::SessionsEnded { count });
            self.record(tx.as_mut(), context, now, happened).await?;
        }
        tx.commit().await?;
        Ok(count)
    }

    /// Makes sure the person has given their password in this session within [`STEP_UP`].
    ///
    /// If it is due, `password` is checked and the session remembers it; without one the answer is
    /// [`Refusal::StepUpDue`]. The session keeps its secret: changing it would sign out other tabs. Operators have no
    /// password here; they are audited as what they are.
    pub(crate) async fn step_up(&self, context: &RequestContext, password: Option<&Password>) -> Result<()> {
        let Ok(person) = context.person() else {
            return Ok(());
        };
        if !step_up_due(person.password_at, self.clock.now()) {
            return Ok(());
        }
        let password = password.filter(|password| !password.is_empty()).ok_or(Refusal::StepUpDue)?;
        let _place = self.passwords.admit(Lane::Known)?;
        let bucket = crate::throttle::Bucket::step_up(&person.user_id);
        let checked = async {
            self.spend_attempt(std::slice::from_ref(&bucket)).await?;
            let stored = self.store.find_person(&person.user_id).await?.and_then(|person| person.password_hash);
            let right = self.passwords.verify(Lane::Known, password.clone(), stored).await?;
            if right { Ok(()) } else { Err(Refusal::PasswordWrong.into()) }
        };
        let targets = vec![Target::Session(person.session_id.clone())];
        let happened = Happened::new(Act::StepUpRefused, person.account_id(), targets);
        let checked: Result<()> = checked.await;
        if let Err(Error::Refused(refusal)) = checked {
            self.write_refusal(context, happened, refusal).await?;
        }
        checked?;

        let mut tx = self.store.begin_write().await?;
        // Ended while the password was being checked.
        if !tx.set_session_password_at(&person.session_id, self.clock.now()).await? {
            return Err(Refusal::SignedOut.into());
        }
        tx.clear_attempts(bucket.name()).await?;
        Ok(tx.commit().await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: i64 = 1_795_424_520_000;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(T + millis)
    }

    #[test]
    fn a_session_ends_exactly_at_its_idle_and_absolute_bounds() {
        let (idle, absolute) = (IDLE.as_millis(), ABSOLUTE.as_millis());
        assert!(lives(at(0), at(0), at(idle - 1)));
        assert!(!lives(at(0), at(0), at(idle)));
        assert!(lives(at(0), at(absolute - 10), at(absolute - 1)));
        assert!(!lives(at(0), at(absolute - 10), at(absolute)));
    }

    #[test]
    fn the_password_is_due_exactly_five_minutes_after_it_was_given() {
        assert!(!step_up_due(at(0), at(0)));
        assert!(!step_up_due(at(0), at(299_999)));
        assert!(step_up_due(at(0), at(300_000)));
        assert!(step_up_due(at(0), at(-1)));
    }
}
