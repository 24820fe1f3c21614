//! Signing in with e-mail and password.

use crate::passwords::Lane;
use crate::record::Happened;
use crate::store::PersonRecord;
use crate::throttle::Bucket;
use crate::{Backend, Error, RequestContext, Result, Token};
use domain::audit::{Act, Actor, Target};
use domain::{Email, Password, Refusal};

/// A fresh session, and the cookie by which this browser is known from now on.
#[derive(Debug)]
pub struct SignedInSession {
    /// For the session cookie. Answered once, stored only as a digest.
    pub session: Token,
    /// For the device cookie.
    pub device: Token,
}

impl Backend {
    /// Opens a session for whoever knows the password.
    ///
    /// Refusals: [`Refusal::SignInFailed`] whether the address is unknown, has no password yet or the password is
    /// wrong; the work and the answer are the same in all three cases. [`Refusal::TooManyAttempts`], [`Refusal::Busy`].
    pub async fn sign_in(&self, context: &RequestContext, email: &str, password: Password) -> Result<SignedInSession> {
        // An address that is none belongs to nobody: the same answer, after the same work.
        let email = Email::parse(email).or_else(|_| Email::parse("nobody@invalid.invalid"));
        let email = email.map_err(|_| Refusal::SignInFailed)?;
        let bucket = self.sign_in_bucket(context, &email).await?;
        let lane = bucket.lane();
        let _place = self.passwords.admit(lane)?;
        let buckets = [bucket, Bucket::address(context)];
        let person = self.store.find_person_by_email(&email).await?;
        let checked = match self.spend_attempt(&buckets).await {
            Ok(()) => self.check_password(lane, person.as_ref(), password).await,
            Err(error) => Err(error),
        };
        if let Err(Error::Refused(refusal)) = checked {
            self.record_failure(context, person.as_ref(), refusal).await?;
        }
        checked?;
        let person = person.ok_or(Refusal::SignInFailed)?;
        let admitted = self.admit(context, &person, &buckets[0]).await;
        if let Err(Error::Refused(refusal)) = admitted {
            self.record_failure(context, Some(&person), refusal).await?;
        }
        admitted
    }

    async fn check_password(&self, lane: Lane, person: Option<&PersonRecord>, password: Password) -> Result<()> {
        let stored = person.and_then(|person| person.password_hash.clone());
        let right = self.passwords.verify(lane, password, stored).await?;
        if right { Ok(()) } else { Err(Refusal::SignInFailed.into()) }
    }

    /// What was typed as an address is not recorded: now and then it is a password in the wrong field.
    async fn record_failure(
        &self,
        context: &RequestContext,
        person: Option<&PersonRecord>,
        refusal: Refusal,
    ) -> Result<()> {
        let membership = match person {
            Some(person) => self.store.find_membership(&person.id).await?,
            None => None,
        };
        let targets = person.map(|person| Target::Person(person.id.clone())).into_iter().collect();
        let account = membership.as_ref().map(|membership| &membership.account_id);
        self.write_refusal(context, Happened::new(Act::SignInRefused, account, targets), refusal).await
    }

    async fn admit(&self, context: &RequestContext, person: &PersonRecord, bucket: &Bucket) -> Result<SignedInSession> {
        let membership = self.store.find_membership(&person.id).await?;
        let account = membership.as_ref().map(|membership| &membership.account_id);
        let mut tx = self.store.begin_write().await?;
        let now = self.clock.now();
        // The password may have been changed while this one was being checked: it opens nothing any more.
        let still = tx.find_person(&person.id).await?;
        if still.is_none_or(|still| still.password_hash != person.password_hash) {
            return Err(Refusal::SignInFailed.into());
        }
        let (session_id, session) = self.open_session(tx.as_mut(), context, &person.id, now).await?;
        let device = context.device.clone().unwrap_or_else(|| Token::mint(self.entropy.as_ref()));
        tx.remember_device(&device.digest(), &person.id, now).await?;
        tx.clear_attempts(bucket.name()).await?;
        let actor = Actor::Person { id: person.id.clone(), name: person.email.to_string() };
        let happened = Happened::new(Act::SignIn, account, vec![Target::Session(session_id)]);
        self.record_as(tx.as_mut(), context, actor, now, happened).await?;
        tx.commit().await?;
        Ok(SignedInSession { session, device })
    }
}
