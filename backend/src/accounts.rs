//! Accounts: signing up, and making one from the command line.

use crate::keys::IssuedPair;
use crate::passwords::Lane;
use crate::record::Happened;
use crate::sign_in::SignedInSession;
use crate::store::{AccountRecord, Membership, PersonRecord, WriteTx};
use crate::throttle::Bucket;
use crate::{Backend, RequestContext, Result, SignUp, Token};
use domain::audit::{Act, Actor, Target};
use domain::{AccountId, Email, Password, Permission, Refusal, Role, Timestamp, UserId};

const NAME_CHARS: usize = 100;
const EXTERNAL_ID_CHARS: usize = 200;

/// What a new account is made from.
#[derive(Debug)]
pub struct NewAccount {
    /// The owner's address, as typed.
    pub email: String,
    /// What to call the account; the owner's address if empty.
    pub name: String,
    /// The company's own customer id.
    pub external_id: Option<String>,
    /// The owner's password; without one a link to set it is made.
    pub password: Option<Password>,
}

/// A person, their account and its first pair.
#[derive(Debug)]
pub struct CreatedAccount {
    /// The account.
    pub account_id: AccountId,
    /// Its owner.
    pub user_id: UserId,
    /// Its first pair, with the private key: one of the answers it may leave the server in.
    pub first_pair: IssuedPair,
    /// The secret of a one-time link, if the owner has no password yet.
    pub password_link: Option<Token>,
}

/// Everything checked, nothing written yet.
pub(crate) struct Draft {
    email: Email,
    name: String,
    external_id: Option<String>,
    password_hash: Option<String>,
}

impl Draft {
    pub(crate) fn email(&self) -> &Email {
        &self.email
    }
}

impl Backend {
    /// Makes a person, an account and its first pair for somebody at the sign-up page, and signs them in.
    ///
    /// The first pair's private key is not answered: it is a reveal away.
    pub async fn sign_up(&self, context: &RequestContext, new: NewAccount) -> Result<SignedInSession> {
        match self.policy.sign_up {
            SignUp::Open => {}
            SignUp::Invite => return Err(Refusal::InvitationNeeded.into()),
            SignUp::Closed => return Err(Refusal::SignUpClosed.into()),
        }
        let _place = self.passwords.admit(Lane::Strangers)?;
        self.spend_attempt(&[Bucket::new_from_address(context)]).await?;
        let draft = self.draft(Lane::Strangers, new).await?;
        let mut tx = self.store.begin_write().await?;
        let now = self.clock.now();
        let created = self.create(tx.as_mut(), context, draft, now).await?;
        let opened = self.open_first_session(tx.as_mut(), context, &created.user_id, now).await?;
        tx.commit().await?;
        self.before_telling().await;
        Ok(opened)
    }

    /// Signs somebody in who has just been made, and knows their browser from now on.
    pub(crate) async fn open_first_session(
        &self,
        tx: &mut dyn WriteTx,
        context: &RequestContext,
        user_id: &UserId,
        now: Timestamp,
    ) -> Result<SignedInSession> {
        let (_, session) = self.open_session(tx, context, user_id, now).await?;
        let device = context.device.clone().unwrap_or_else(|| Token::mint(self.entropy.as_ref()));
        tx.remember_device(&device.digest(), user_id, now).await?;
        Ok(SignedInSession { session, device })
    }

    /// Makes the same for an operator or one of the company's own systems, and answers the first pair with its private key.
    pub async fn create_account(&self, context: &RequestContext, new: NewAccount) -> Result<CreatedAccount> {
        context.authorize_everywhere(Permission::CreateAccounts)?;
        let without_password = new.password.is_none();
        let draft = self.draft(Lane::Known, new).await?;
        let mut tx = self.store.begin_write().await?;
        let now = self.clock.now();
        let mut created = self.create(tx.as_mut(), context, draft, now).await?;
        if without_password {
            created.password_link = Some(self.write_password_link(tx.as_mut(), &created.user_id, now).await?);
        }
        tx.commit().await?;
        // Whoever is told of a key has one that every process knows: one that is not known may be refused unseen, where
        // too much has failed (`crate::limits`).
        self.before_telling().await;
        Ok(created)
    }

    /// Checks and hashes before the transaction: SQLite has one writer, and a hash takes a while.
    pub(crate) async fn draft(&self, lane: Lane, new: NewAccount) -> Result<Draft> {
        let email = Email::parse(&new.email).map_err(|_| Refusal::EmailInvalid)?;
        let name = new.name.trim();
        if name.chars().count() > NAME_CHARS || name.chars().any(char::is_control) {
            return Err(Refusal::NameInvalid.into());
        }
        let name = if name.is_empty() { email.to_string() } else { name.to_owned() };
        if new.external_id.as_deref().is_some_and(|id| !is_external_id(id)) {
            return Err(Refusal::ExternalIdInvalid.into());
        }
        let password_hash = match new.password {
            Some(password) => Some(self.passwords.hash(lane, password, vec![email.to_string(), name.clone()]).await?),
            None => None,
        };
        Ok(Draft { email, name, external_id: new.external_id, password_hash })
    }

    /// Person, account, owner and first pair, in the caller's transaction: all of them or none.
    pub(crate) async fn create(
        &self,
        tx: &mut dyn WriteTx,
        context: &RequestContext,
        draft: Draft,
        now: Timestamp,
    ) -> Result<CreatedAccount> {
        let entropy = self.entropy.as_ref();
        let (account_id, user_id) = (AccountId::mint(now, entropy), UserId::mint(now, entropy));
        let owner = draft.email.to_string();
        tx.insert_person(&PersonRecord {
            id: user_id.clone(),
            email: draft.email,
            password_hash: draft.password_hash,
            created_at: now,
        })
        .await?;
        tx.insert_account(&AccountRecord {
            id: account_id.clone(),
            name: draft.name,
            external_id: draft.external_id,
            created_at: now,
            disabled_at: None,
        })
        .await?;
        let membership = Membership { account_id: account_id.clone(), user_id: user_id.clone(), role: Role::Owner };
        tx.insert_membership(&membership, now).await?;
        let first_pair = self.issue(tx, &account_id, now).await?;

        let actor = match context.actor() {
            Actor::Anonymous => Actor::Person { id: user_id.clone(), name: owner },
            known => known,
        };
        let targets = vec![
            Target::Account(account_id.clone()),
            Target::Person(user_id.clone()),
            Target::Pair(first_pair.pair.id.clone()),
        ];
        let happened = Happened::new(Act::AccountCreate, Some(&account_id), targets);
        self.record_as(tx, context, actor, now, happened).await?;
        Ok(CreatedAccount { account_id, user_id, first_pair, password_link: None })
    }
}

fn is_external_id(text: &str) -> bool {
    let length = text.chars().count();
    (1..=EXTERNAL_ID_CHARS).contains(&length) && !text.chars().any(char::is_control) && text.trim() == text
}
