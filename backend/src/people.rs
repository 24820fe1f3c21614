//! People: one-time links, and setting a password with one.

use crate::record::Happened;
use crate::store::{PasswordLinkRecord, WriteTx};
use crate::throttle::Bucket;
use crate::{Backend, RequestContext, Result, Token};
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
        self.spend_attempt(&[Bucket::new_from_address(context)]).await?;
        let link = Token::parse(link).ok_or(Refusal::LinkInvalid)?;
        let hash = self.passwords.hash(password, Vec::new()).await?;
        let mut tx = self.store.begin_write().await?;
        let now = self.clock.now();
        let taken = tx.take_password_link(&link.digest()).await?;
        let user_id = match taken {
            Some(link) if now < link.expires_at => link.user_id,
            Some(_) | None => return Err(Refusal::LinkInvalid.into()),
        };
        tx.set_password_hash(&user_id, &hash).await?;
        let count = tx.delete_sessions_of(&user_id).await?;
        let person = self.store.find_person(&user_id).await?.ok_or(Refusal::LinkInvalid)?;
        let membership = self.store.find_membership(&user_id).await?;
        let account = membership.as_ref().map(|membership| &membership.account_id);
        let actor = Actor::Person { id: user_id.clone(), name: person.email.to_string() };
        let happened = Happened::new(Act::PasswordSet, account, vec![Target::Person(user_id)])
            .with_detail(Detail::SessionsEnded { count });
        self.record_as(tx.as_mut(), context, actor, now, happened).await?;
        Ok(tx.commit().await?)
    }
}
