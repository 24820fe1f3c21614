//! Admins of the installation: who they are, and how operators make them.

use crate::passwords::Lane;
use crate::record::Happened;
use crate::store::{AdminRecord, PersonRecord};
use crate::{Backend, Caller, Error, RequestContext, Result, Token};
use domain::audit::{Act, Target};
use domain::{Email, Password, Refusal, UserId};

/// An admin, and how they get in.
#[derive(Debug)]
pub struct CreatedAdmin {
    /// Who.
    pub user_id: UserId,
    /// The secret of a one-time link, if they have no password yet.
    pub password_link: Option<Token>,
}

impl Backend {
    /// Makes whoever has this address an admin; somebody new is made first, in no account.
    ///
    /// A password is only taken for somebody new: who is here already keeps theirs, and giving one is
    /// [`Refusal::EmailTaken`]. Refusals besides: [`Refusal::AdminAlready`], [`Refusal::EmailInvalid`], and the
    /// password's own.
    pub async fn create_admin(
        &self,
        context: &RequestContext,
        email: &str,
        password: Option<Password>,
    ) -> Result<CreatedAdmin> {
        let operator = operator(context)?;
        let email = Email::parse(email).map_err(|_| Refusal::EmailInvalid)?;
        let known = self.store.find_person_by_email(&email).await?;
        if known.is_some() && password.is_some() {
            return Err(Refusal::EmailTaken.into());
        }
        let password_hash = match password {
            Some(password) => Some(self.passwords.hash(Lane::Known, password, vec![email.to_string()]).await?),
            None => None,
        };
        let membership = match &known {
            Some(person) => self.store.find_membership(&person.id).await?,
            None => None,
        };
        let mut tx = self.store.begin_write().await?;
        let now = self.clock.now();
        let person = if let Some(person) = known {
            person
        } else {
            let id = UserId::mint(now, self.entropy.as_ref());
            let person = PersonRecord { id, email, password_hash, created_at: now };
            tx.insert_person(&person).await?;
            person
        };
        let admin = AdminRecord {
            user_id: person.id.clone(),
            email: person.email.clone(),
            created_at: now,
            created_by: operator.to_owned(),
        };
        tx.insert_admin(&admin).await?;
        let password_link = match person.password_hash {
            Some(_) => None,
            None => Some(self.write_password_link(tx.as_mut(), &person.id, now).await?),
        };
        let account = membership.as_ref().map(|membership| &membership.account_id);
        let happened = Happened::new(Act::AdminCreate, account, vec![Target::Person(person.id.clone())]);
        self.record(tx.as_mut(), context, now, happened).await?;
        tx.commit().await?;
        Ok(CreatedAdmin { user_id: person.id, password_link })
    }

    /// The admins, in the order of their becoming.
    pub async fn list_admins(&self, context: &RequestContext) -> Result<Vec<AdminRecord>> {
        operator(context)?;
        Ok(self.store.list_admins().await?)
    }

    /// Makes whoever has this address no admin any more, from their very next request on. [`Refusal::NotFound`] if they
    /// were none.
    pub async fn remove_admin(&self, context: &RequestContext, email: &str) -> Result<UserId> {
        operator(context)?;
        let email = Email::parse(email).map_err(|_| Refusal::EmailInvalid)?;
        let person = self.store.find_person_by_email(&email).await?.ok_or(Refusal::NotFound)?;
        let membership = self.store.find_membership(&person.id).await?;
        let mut tx = self.store.begin_write().await?;
        let now = self.clock.now();
        if !tx.delete_admin(&person.id).await? {
            return Err(Refusal::NotFound.into());
        }
        let account = membership.as_ref().map(|membership| &membership.account_id);
        let happened = Happened::new(Act::AdminRemove, account, vec![Target::Person(person.id.clone())]);
        self.record(tx.as_mut(), context, now, happened).await?;
        tx.commit().await?;
        Ok(person.id)
    }
}

/// The operator's name; nobody else makes, sees or removes admins.
fn operator(context: &RequestContext) -> Result<&str> {
    match &context.caller {
        Caller::Operator(name) => Ok(name),
        Caller::Person(_) | Caller::Admin(_) | Caller::Installation(_) => Err(Error::Refused(Refusal::NotAllowed)),
        Caller::Anonymous => Err(Error::Refused(Refusal::SignedOut)),
    }
}
