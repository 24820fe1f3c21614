//! People: one-time links, setting a password with one, and changing one's own password and address.

use crate::passwords::Lane;
use crate::record::Happened;
use crate::store::{PasswordLinkRecord, PersonRecord, WriteTx};
use crate::throttle::Bucket;
use crate::{Backend, Error, RequestContext, Result, SignedIn, Token};
use domain::audit::{Act, Actor, Detail, Target};
use domain::{Duration, Email, Password, Refusal, Timestamp, UserId};

/// How long a one-time link can be used.
pub const LINK_LIFE: Duration = Duration::hours(1);

impl Backend {
    /// Makes a one-time link for an operator to hand over. Any earlier link of the person stops working.
    pub async fn create_password_link(&self, context: &RequestContext, email: &str) -> Result<Token> {
        let email = Email::parse(email).map_err(|_| Refusal::EmailInvalid)?;
        let person = self.store.find_person_by_email(&email).await?.ok_or(Refusal::NotFound)?;
        let membership = self.store.find_membership(&person.id).await?;
        let mut tx = self.store.begin_write().await?;
        let now = self.clock.now();
        let link = self.write_password_link(tx.as_mut(), &person.id, now).await?;
        let account = membership.as_ref().map(|membership| &membership.account_id);
        let happened = Happened::new(Act::PasswordLink, account, vec![Target::Person(person.id)])
            .with_detail(Detail::Expiry { expires_at: now.plus(LINK_LIFE) });
        self.record(tx.as_mut(), context, now, happened).await?;
        tx.commit().await?;
        Ok(link)
    }

    pub(crate) async fn write_password_link(
        &self,
        tx: &mut dyn WriteTx,
        user_id: &UserId,
        now: Timestamp,
    ) -> Result<Token> {
        let link = Token::mint(self.entropy.as_ref());
        tx.insert_password_link(&PasswordLinkRecord {
            token_digest: link.digest(),
            user_id: user_id.clone(),
            expires_at: now.plus(LINK_LIFE),
        })
        .await?;
        Ok(link)
    }

    /// Sets the password of whoever holds the link, uses the link up and ends all their sessions.
    ///
    /// A password that is refused leaves the link as it was, so that another can be tried.
    pub async fn set_password(&self, context: &RequestContext, link: &str, password: Password) -> Result<()> {
        let _place = self.passwords.admit(Lane::Strangers)?;
        self.spend_attempt(&[Bucket::new_from_address(context)]).await?;
        let link = Token::parse(link).ok_or(Refusal::LinkInvalid)?;
        let now = self.clock.now();
        let found = self.store.find_password_link(&link.digest()).await?.filter(|link| now < link.expires_at);
        let own_words = self.own_words(&found.ok_or(Refusal::LinkInvalid)?.user_id).await?;
        let hash = self.passwords.hash(Lane::Strangers, password, own_words).await?;
        let mut tx = self.store.begin_write().await?;
        let now = self.clock.now();
        let taken = tx.take_password_link(&link.digest()).await?;
        let user_id = match taken {
            Some(link) if now < link.expires_at => link.user_id,
            Some(_) | None => return Err(Refusal::LinkInvalid.into()),
        };
        let person = tx.find_person(&user_id).await?.ok_or(Refusal::LinkInvalid)?;
        tx.set_password_hash(&user_id, &hash).await?;
        let count = tx.delete_sessions_of(&user_id).await?;
        self.forget_other_devices(tx.as_mut(), context, &user_id).await?;
        let membership = self.store.find_membership(&user_id).await?;
        let account = membership.as_ref().map(|membership| &membership.account_id);
        let actor = Actor::Person { id: user_id.clone(), name: person.email.to_string() };
        let happened = Happened::new(Act::PasswordSet, account, vec![Target::Person(user_id)])
            .with_detail(Detail::SessionsEnded { count });
        self.record_as(tx.as_mut(), context, actor, now, happened).await?;
        Ok(tx.commit().await?)
    }

    /// Changes the caller's password. The old one is asked whenever it was last given, and counts as a sign-in does.
    ///
    /// This session stays, and the password was given in it just now; every other session of the person ends, a one-time
    /// link that was handed out dies, and the other browsers they used are forgotten.
    pub async fn change_password(&self, context: &RequestContext, old: Password, new: Password) -> Result<()> {
        let person = context.person()?;
        let refused = Happened::new(
            Act::PasswordChangeRefused,
            person.account_id(),
            vec![Target::Person(person.user_id.clone())],
        );
        let proven = self.prove(context, person, old, &refused).await?;
        let changed = self.write_new_password(context, person, &proven, new).await;
        self.record_refusal(context, refused, changed).await
    }

    async fn write_new_password(
        &self,
        context: &RequestContext,
        person: &SignedIn,
        proven: &PersonRecord,
        new: Password,
    ) -> Result<()> {
        let hash = self.passwords.hash(Lane::Known, new, self.own_words(&person.user_id).await?).await?;
        let mut tx = self.store.begin_write().await?;
        let now = self.clock.now();
        self.still_proven(tx.as_mut(), person, proven, now).await?;
        tx.set_password_hash(&person.user_id, &hash).await?;
        let count = self.close_other_doors(tx.as_mut(), context, person).await?;
        let targets = vec![Target::Person(person.user_id.clone())];
        let happened = Happened::new(Act::PasswordChange, person.account_id(), targets)
            .with_detail(Detail::SessionsEnded { count });
        self.record(tx.as_mut(), context, now, happened).await?;
        Ok(tx.commit().await?)
    }

    /// Changes the address the caller signs in with. The password is asked as in [`Backend::change_password`], and the
    /// same things end.
    ///
    /// That an address is taken is told only after the right password, and no faster than signing up would tell it.
    pub async fn change_email(&self, context: &RequestContext, password: Password, email: &str) -> Result<()> {
        let person = context.person()?;
        let refused =
            Happened::new(Act::EmailChangeRefused, person.account_id(), vec![Target::Person(person.user_id.clone())]);
        let proven = self.prove(context, person, password, &refused).await?;
        let changed = self.write_new_email(context, person, &proven, email).await;
        self.record_refusal(context, refused, changed).await
    }

    async fn write_new_email(
        &self,
        context: &RequestContext,
        person: &SignedIn,
        proven: &PersonRecord,
        email: &str,
    ) -> Result<()> {
        let email = Email::parse(email).map_err(|_| Refusal::EmailInvalid)?;
        if email == proven.email {
            return Err(Refusal::EmailUnchanged.into());
        }
        self.spend_attempt(&[Bucket::new_from_address(context), Bucket::new_email(&person.user_id)]).await?;
        let mut tx = self.store.begin_write().await?;
        let now = self.clock.now();
        self.still_proven(tx.as_mut(), person, proven, now).await?;
        tx.set_email(&person.user_id, &email).await?;
        let sessions_ended = self.close_other_doors(tx.as_mut(), context, person).await?;
        let targets = vec![Target::Person(person.user_id.clone())];
        let happened =
            Happened::new(Act::EmailChange, person.account_id(), targets).with_detail(Detail::EmailChanged {
                from: proven.email.to_string(),
                to: email.to_string(),
                sessions_ended,
            });
        self.record(tx.as_mut(), context, now, happened).await?;
        Ok(tx.commit().await?)
    }

    /// Checks the caller's own password, whenever they gave it last, and notes in the session that they did.
    ///
    /// A guess counts against the allowance of the address typed at the sign-in page, and against that of the step-up: a
    /// stolen session guesses no faster here than elsewhere. A refusal is recorded as `refused` says.
    async fn prove(
        &self,
        context: &RequestContext,
        person: &SignedIn,
        password: Password,
        refused: &Happened,
    ) -> Result<PersonRecord> {
        let _place = self.passwords.admit(Lane::Known)?;
        let record = self.store.find_person(&person.user_id).await?.ok_or(Refusal::SignedOut)?;
        let buckets = [
            self.sign_in_bucket(context, &record.email).await?,
            Bucket::step_up(&person.user_id),
            Bucket::address(context),
        ];
        let checked: Result<()> = async {
            self.spend_attempt(&buckets).await?;
            let right = self.passwords.verify(Lane::Known, password, record.password_hash.clone()).await?;
            if right { Ok(()) } else { Err(Refusal::PasswordWrong.into()) }
        }
        .await;
        if let Err(Error::Refused(refusal)) = checked {
            self.write_refusal(context, refused.clone(), refusal).await?;
        }
        checked?;
        let mut tx = self.store.begin_write().await?;
        if !tx.set_session_password_at(&person.session_id, self.clock.now()).await? {
            return Err(Refusal::SignedOut.into());
        }
        // The address's allowance is shared with others: one right password does not give it back.
        for bucket in &buckets[..2] {
            tx.clear_attempts(bucket.name()).await?;
        }
        tx.commit().await?;
        Ok(record)
    }

    /// Whether what [`Backend::prove`] saw is still so, asked where nobody can change it meanwhile: the session may have
    /// been ended, and the password changed, while hashes were being made.
    async fn still_proven(
        &self,
        tx: &mut dyn WriteTx,
        person: &SignedIn,
        proven: &PersonRecord,
        now: Timestamp,
    ) -> Result<()> {
        if !tx.touch_session(&person.session_id, now).await? {
            return Err(Refusal::SignedOut.into());
        }
        match tx.find_person(&person.user_id).await? {
            Some(still) if still == *proven => Ok(()),
            Some(_) | None => Err(Refusal::PasswordWrong.into()),
        }
    }

    /// What else could open the person's account by what has just been changed: other sessions, a link handed out.
    /// Answers how many sessions there were.
    async fn close_other_doors(
        &self,
        tx: &mut dyn WriteTx,
        context: &RequestContext,
        person: &SignedIn,
    ) -> Result<u64> {
        let ended = tx.delete_other_sessions(&person.user_id, &person.session_id).await?;
        tx.delete_password_link(&person.user_id).await?;
        self.forget_other_devices(tx, context, &person.user_id).await?;
        Ok(ended.len() as u64)
    }

    /// A known device opens nothing, but it has an allowance of guesses of its own: not for whoever knew the old password.
    async fn forget_other_devices(
        &self,
        tx: &mut dyn WriteTx,
        context: &RequestContext,
        user_id: &UserId,
    ) -> Result<()> {
        let this = context.device.as_ref().map(Token::digest);
        Ok(tx.forget_devices(user_id, this.as_ref()).await?)
    }

    /// What an attacker would try first: the person's address, and the name of their account.
    async fn own_words(&self, user_id: &UserId) -> Result<Vec<String>> {
        let mut words = Vec::new();
        if let Some(person) = self.store.find_person(user_id).await? {
            words.push(person.email.to_string());
        }
        if let Some(membership) = self.store.find_membership(user_id).await?
            && let Some(account) = self.store.find_account(&membership.account_id).await?
        {
            words.push(account.name);
        }
        Ok(words)
    }
}
