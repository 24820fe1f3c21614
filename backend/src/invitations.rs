//! Invitations: one-time links with which somebody signs up where sign-up is not open.
//!
//! Those that operators make here are for an account of one's own. Those into an account that is there already are made
//! and used in [`crate::members`]; they share the record, the form of the link, and how it is opened.

use crate::accounts::NewAccount;
use crate::passwords::Lane;
use crate::record::Happened;
use crate::sign_in::SignedInSession;
use crate::store::InvitationRecord;
use crate::throttle::Bucket;
use crate::{Backend, Caller, Error, RequestContext, Result, SignUp, Token, members};
use domain::audit::{Act, Actor, Detail, Target};
use domain::{Duration, Email, InvitationId, Refusal, Timestamp};

/// How long an invitation can be used.
pub const INVITATION_LIFE: Duration = Duration::days(7);

/// A fresh invitation, with the secret for its link: answered once, stored only as a digest.
#[derive(Debug)]
pub struct CreatedInvitation {
    /// The invitation.
    pub invitation: InvitationRecord,
    /// The secret of its link.
    pub link: Token,
}

/// Whether an invitation can still be used. The end is exclusive.
pub(crate) fn lives(invitation: &InvitationRecord, now: Timestamp) -> bool {
    now < invitation.expires_at
}

/// Whether somebody with this address may use the invitation.
fn is_for(invitation: &InvitationRecord, email: &Email) -> bool {
    invitation.email.as_ref().is_none_or(|invited| invited == email)
}

impl Backend {
    /// Makes an invitation for an operator to hand over: for one address, or for whoever holds the link.
    ///
    /// Refusals: [`Refusal::EmailInvalid`], [`Refusal::EmailTaken`]. An invitation to somebody who is here already could
    /// never be used.
    pub async fn create_invitation(&self, context: &RequestContext, email: Option<&str>) -> Result<CreatedInvitation> {
        let created_by = operator(context)?;
        let email = email.map(Email::parse).transpose().map_err(|_| Refusal::EmailInvalid)?;
        if let Some(email) = &email
            && self.store.find_person_by_email(email).await?.is_some()
        {
            return Err(Refusal::EmailTaken.into());
        }
        let link = Token::mint(self.entropy.as_ref());
        let mut tx = self.store.begin_write().await?;
        let now = self.clock.now();
        let invitation = InvitationRecord {
            id: InvitationId::mint(now, self.entropy.as_ref()),
            token_digest: link.digest(),
            email,
            created_by: created_by.to_owned(),
            created_at: now,
            expires_at: now.plus(INVITATION_LIFE),
            into: None,
        };
        tx.insert_invitation(&invitation).await?;
        let happened = about(Act::InvitationCreate, &invitation);
        self.record(tx.as_mut(), context, now, happened).await?;
        tx.commit().await?;
        Ok(CreatedInvitation { invitation, link })
    }

    /// The invitations to sign up that can still be used, newest first.
    pub async fn list_invitations(&self, context: &RequestContext) -> Result<Vec<InvitationRecord>> {
        operator(context)?;
        let now = self.clock.now();
        let all = self.store.list_invitations().await?;
        Ok(all.into_iter().filter(|invitation| invitation.into.is_none() && lives(invitation, now)).collect())
    }

    /// Ends an invitation before it is used, one into an account too. One that was used, is revoked or too old is not there.
    pub async fn revoke_invitation(&self, context: &RequestContext, invitation_id: &InvitationId) -> Result<()> {
        operator(context)?;
        let mut tx = self.store.begin_write().await?;
        let now = self.clock.now();
        let found = tx.delete_invitation(invitation_id).await?.filter(|invitation| lives(invitation, now));
        let invitation = found.ok_or(Refusal::NotFound)?;
        let happened = match &invitation.into {
            Some(_) => members::about(Act::MemberInviteRevoke, &invitation),
            None => about(Act::InvitationRevoke, &invitation),
        };
        self.record(tx.as_mut(), context, now, happened).await?;
        Ok(tx.commit().await?)
    }

    /// The invitation behind the code somebody typed or followed a link with. Counts as an attempt.
    ///
    /// Refusals: [`Refusal::InvitationInvalid`] whether it was used, is revoked, is too old or never was;
    /// [`Refusal::SignUpClosed`] for one to sign up with. One into an account opens wherever sign-up stands: it makes no
    /// account.
    pub async fn open_invitation(&self, context: &RequestContext, secret: &str) -> Result<InvitationRecord> {
        self.spend_attempt(&[Bucket::new_from_address(context)]).await?;
        self.find_invitation(secret).await
    }

    /// The same for a page that is drawn again with the code it was opened with: no attempt.
    pub async fn find_invitation(&self, secret: &str) -> Result<InvitationRecord> {
        let token = Token::parse(secret).ok_or(Refusal::InvitationInvalid)?;
        let found = self.store.find_invitation(&token.digest()).await?;
        let now = self.clock.now();
        let invitation = found.filter(|invitation| lives(invitation, now)).ok_or(Refusal::InvitationInvalid)?;
        if invitation.into.is_none() && self.policy.sign_up == SignUp::Closed {
            return Err(Refusal::SignUpClosed.into());
        }
        Ok(invitation)
    }

    /// Makes a person, an account and its first pair for whoever holds the invitation, uses the invitation up and signs
    /// them in.
    ///
    /// An invitation that names an address is for that address only ([`Refusal::InvitationForAnother`]); none needs to be
    /// given then. What is refused leaves the invitation as it was.
    pub async fn sign_up_invited(
        &self,
        context: &RequestContext,
        secret: &str,
        new: NewAccount,
    ) -> Result<SignedInSession> {
        let _place = self.passwords.admit(Lane::Strangers)?;
        let invitation = self.open_invitation(context, secret).await?;
        // One into an account makes no other.
        if invitation.into.is_some() {
            return Err(Refusal::InvitationInvalid.into());
        }
        let email = match &invitation.email {
            Some(email) if new.email.trim().is_empty() => email.to_string(),
            Some(_) | None => new.email,
        };
        let draft = self.draft(Lane::Strangers, NewAccount { email, ..new }).await?;
        if !is_for(&invitation, draft.email()) {
            return Err(Refusal::InvitationForAnother.into());
        }
        let mut tx = self.store.begin_write().await?;
        let now = self.clock.now();
        // Asked again where nobody else can use it up meanwhile.
        let taken = tx.take_invitation(&invitation.token_digest).await?;
        let invitation = taken.filter(|invitation| lives(invitation, now)).ok_or(Refusal::InvitationInvalid)?;
        let email = draft.email().to_string();
        let created = self.create(tx.as_mut(), context, draft, now).await?;
        let mut happened = about(Act::InvitationUse, &invitation);
        happened.account_id = Some(created.account_id.clone());
        happened.targets.push(Target::Person(created.user_id.clone()));
        let actor = Actor::Person { id: created.user_id.clone(), name: email };
        self.record_as(tx.as_mut(), context, actor, now, happened).await?;
        let opened = self.open_first_session(tx.as_mut(), context, &created.user_id, now).await?;
        tx.commit().await?;
        self.before_telling().await;
        Ok(opened)
    }
}

/// The operator's name; nobody else makes, sees or revokes invitations.
fn operator(context: &RequestContext) -> Result<&str> {
    match &context.caller {
        Caller::Operator(name) => Ok(name),
        Caller::Person(_) | Caller::Admin(_) | Caller::Installation(_) => Err(Error::Refused(Refusal::NotAllowed)),
        Caller::Anonymous => Err(Error::Refused(Refusal::SignedOut)),
    }
}

fn about(act: Act, invitation: &InvitationRecord) -> Happened {
    let detail = Detail::Invitation {
        email: invitation.email.as_ref().map(Email::to_string),
        expires_at: invitation.expires_at,
    };
    Happened::new(act, None, vec![Target::Invitation(invitation.id.clone())]).with_detail(detail)
}
