//! The members of an account: who is in it, inviting and joining, roles, removing and leaving; and which of their accounts
//! a person acts in.
//!
//! Every change holds the account's lock and looks at the members again under it, so that of several owners who act at
//! once each decides on what the one before has left. That an account keeps an owner is held there, and once more by the
//! store ([`crate::store::Conflict::LastOwner`]).

use crate::invitations::{CreatedInvitation, INVITATION_LIFE, lives};
use crate::passwords::Lane;
use crate::record::Happened;
use crate::sign_in::SignedInSession;
use crate::store::{
    AccountRecord, InvitationRecord, InvitedInto, MemberRecord, Membership, OwnAccount, PersonRecord, WriteTx,
};
use crate::{Backend, Caller, RequestContext, Result, Token};
use domain::access::keeps_an_owner;
use domain::audit::{Act, Actor, Detail, Target};
use domain::{AccountId, Email, InvitationId, Password, Permission, Refusal, Role, Timestamp, UserId};

/// How many invitations into one account are open at once. [`Refusal::TooManyInvitations`] says the number.
pub const MOST_INVITATIONS: usize = 20;

/// An account with its members, as one of them or an admin sees it.
#[derive(Debug)]
pub struct Members {
    /// The account.
    pub account: AccountRecord,
    /// Its members, in the order of joining.
    pub members: Vec<MemberRecord>,
    /// The invitations that can be used, newest first; none for whoever may not invite.
    pub invitations: Vec<InvitationRecord>,
}

/// Whom somebody wants to invite.
#[derive(Debug)]
pub struct Invite {
    /// Into which account.
    pub account_id: AccountId,
    /// The address, as typed.
    pub email: String,
    /// What they are to be there.
    pub role: Role,
    /// The inviting person's own password, if it is due.
    pub password: Option<Password>,
}

/// Whose role somebody wants to change.
#[derive(Debug)]
pub struct RoleChange {
    /// In which account.
    pub account_id: AccountId,
    /// The member.
    pub user_id: UserId,
    /// What they are to be.
    pub role: Role,
    /// The changing person's own password, if it is due.
    pub password: Option<Password>,
}

/// An invitation as whoever holds its link sees it.
#[derive(Debug)]
pub struct OpenedInvitation {
    /// The invitation.
    pub invitation: InvitationRecord,
    /// The address it is for.
    pub email: Email,
    /// What they are to be.
    pub role: Role,
    /// What the account is called.
    pub account_name: String,
}

impl Backend {
    /// Who is in the account, and who is invited.
    pub async fn list_members(&self, context: &RequestContext, account_id: &AccountId) -> Result<Members> {
        context.authorize(account_id, Permission::ViewMembers)?;
        let account = self.store.find_account(account_id).await?.ok_or(Refusal::NotFound)?;
        let members = self.store.list_members(account_id).await?;
        let invitations = if context.authorize(account_id, Permission::ManageMembers).is_ok() {
            let now = self.clock.now();
            let all = self.store.list_invitations_into(account_id).await?;
            all.into_iter().filter(|invitation| lives(invitation, now)).collect()
        } else {
            Vec::new()
        };
        Ok(Members { account, members, invitations })
    }

    /// Makes an invitation into the account for one address. Whether anybody here has that address is not told. An earlier
    /// one for the same address stops working.
    ///
    /// Refusals: [`Refusal::MemberAlready`], [`Refusal::TooManyInvitations`], [`Refusal::EmailInvalid`], and those of the
    /// password.
    pub async fn invite(&self, context: &RequestContext, invite: Invite) -> Result<CreatedInvitation> {
        let account_id = invite.account_id.clone();
        let answer = self.try_invite(context, invite).await;
        let refused = Happened::new(Act::MemberInviteRefused, own_account(context, &account_id), Vec::new());
        self.record_refusal(context, refused, answer).await
    }

    async fn try_invite(&self, context: &RequestContext, invite: Invite) -> Result<CreatedInvitation> {
        let Invite { account_id, email, role, password } = invite;
        context.authorize(&account_id, Permission::ManageMembers)?;
        let email = Email::parse(&email).map_err(|_| Refusal::EmailInvalid)?;
        self.step_up(context, password.as_ref()).await?;
        let Locked { mut tx, now, members } = self.lock_members(context, &account_id).await?;
        if members.iter().any(|member| member.email == email) {
            return Err(Refusal::MemberAlready.into());
        }
        let mut open = 0;
        for earlier in tx.list_invitations_into(&account_id).await? {
            if earlier.email.as_ref() == Some(&email) {
                self.end_invitation(tx.as_mut(), context, &earlier, now).await?;
            } else if lives(&earlier, now) {
                open += 1;
            }
        }
        if open >= MOST_INVITATIONS {
            return Err(Refusal::TooManyInvitations.into());
        }
        let link = Token::mint(self.entropy.as_ref());
        let invited_by = context.person().ok().map(|person| person.user_id.clone());
        let invitation = InvitationRecord {
            id: InvitationId::mint(now, self.entropy.as_ref()),
            token_digest: link.digest(),
            email: Some(email),
            created_by: context.actor().name().unwrap_or_default().to_owned(),
            created_at: now,
            expires_at: now.plus(INVITATION_LIFE),
            into: Some(InvitedInto { account_id, role, invited_by }),
        };
        tx.insert_invitation(&invitation).await?;
        self.record(tx.as_mut(), context, now, about(Act::MemberInvite, &invitation)).await?;
        tx.commit().await?;
        Ok(CreatedInvitation { invitation, link })
    }

    /// Ends an invitation into the account before it is used. One that was used, is revoked or too old is not there, nor is
    /// one into another account.
    pub async fn revoke_invitation_into(
        &self,
        context: &RequestContext,
        account_id: &AccountId,
        invitation_id: &InvitationId,
    ) -> Result<()> {
        let answer = self.try_revoke_invitation(context, account_id, invitation_id).await;
        let refused = Happened::new(Act::MemberInviteRevokeRefused, own_account(context, account_id), Vec::new());
        self.record_refusal(context, refused, answer).await
    }

    async fn try_revoke_invitation(
        &self,
        context: &RequestContext,
        account_id: &AccountId,
        invitation_id: &InvitationId,
    ) -> Result<()> {
        context.authorize(account_id, Permission::ManageMembers)?;
        let Locked { mut tx, now, .. } = self.lock_members(context, account_id).await?;
        let open = tx.list_invitations_into(account_id).await?;
        let found = open.into_iter().find(|invitation| invitation.id == *invitation_id && lives(invitation, now));
        self.end_invitation(tx.as_mut(), context, &found.ok_or(Refusal::NotFound)?, now).await?;
        Ok(tx.commit().await?)
    }

    /// The invitation into an account behind a secret, for the page that offers to join. No attempt: see
    /// [`Backend::open_invitation`].
    pub async fn find_invitation_into(&self, secret: &str) -> Result<OpenedInvitation> {
        let invitation = self.find_invitation(secret).await?;
        let (into, email) = whole(&invitation)?;
        let account = self.store.find_account(&into.account_id).await?.ok_or(Refusal::InvitationInvalid)?;
        Ok(OpenedInvitation { email, role: into.role, account_name: account.name, invitation })
    }

    /// Makes the signed-in person a member, uses the invitation up, and has their session act in the account.
    ///
    /// Refusals: [`Refusal::InvitationInvalid`]; [`Refusal::InvitationForAnother`] when they sign in with another address
    /// than the invited one; [`Refusal::MemberAlready`]. What is refused leaves the invitation as it was.
    pub async fn join(&self, context: &RequestContext, secret: &str) -> Result<AccountId> {
        context.person()?;
        let invitation = self.open_invitation(context, secret).await?;
        let (into, _) = whole(&invitation)?;
        let answer = self.try_join(context, &invitation).await;
        let targets = vec![Target::Invitation(invitation.id.clone())];
        let refused = Happened::new(Act::MemberJoinRefused, Some(&into.account_id), targets);
        self.record_refusal(context, refused, answer).await
    }

    async fn try_join(&self, context: &RequestContext, invitation: &InvitationRecord) -> Result<AccountId> {
        let caller = context.person()?;
        let mut tx = self.store.begin_write().await?;
        let now = self.clock.now();
        // By what the store says now: the address may have been changed since the session was looked up.
        let person = tx.find_person(&caller.user_id).await?.ok_or(Refusal::SignedOut)?;
        let into = self.write_join(tx.as_mut(), context, invitation, &person, now).await?;
        if !tx.set_session_account(&caller.session_id, &into).await? {
            return Err(Refusal::SignedOut.into());
        }
        tx.commit().await?;
        Ok(into)
    }

    /// Makes a person of whoever holds the invitation, in the account and in no account of their own, uses the invitation
    /// up and signs them in. Works where sign-up is closed: it is the owner who answers for who is in the account.
    ///
    /// Who has the invited address already keeps their password and signs in: [`Refusal::EmailTaken`].
    pub async fn join_new(
        &self,
        context: &RequestContext,
        secret: &str,
        password: Password,
    ) -> Result<SignedInSession> {
        let _place = self.passwords.admit(Lane::Strangers)?;
        let invitation = self.open_invitation(context, secret).await?;
        let opened = self.find_invitation_into(secret).await?;
        if self.store.find_person_by_email(&opened.email).await?.is_some() {
            return Err(Refusal::EmailTaken.into());
        }
        let own_words = vec![opened.email.to_string(), opened.account_name];
        let hash = self.passwords.hash(Lane::Strangers, password, own_words).await?;
        let mut tx = self.store.begin_write().await?;
        let now = self.clock.now();
        let person = PersonRecord {
            id: UserId::mint(now, self.entropy.as_ref()),
            email: opened.email,
            password_hash: Some(hash),
            created_at: now,
        };
        tx.insert_person(&person).await?;
        self.write_join(tx.as_mut(), context, &invitation, &person, now).await?;
        let session = self.open_first_session(tx.as_mut(), context, &person.id, now).await?;
        tx.commit().await?;
        Ok(session)
    }

    /// Uses the invitation up for this person, in the caller's transaction, which has to be dropped if this fails.
    async fn write_join(
        &self,
        tx: &mut dyn WriteTx,
        context: &RequestContext,
        invitation: &InvitationRecord,
        person: &PersonRecord,
        now: Timestamp,
    ) -> Result<AccountId> {
        // Asked again where nobody else can use it up meanwhile.
        let taken = tx.take_invitation(&invitation.token_digest).await?;
        let invitation = taken.filter(|invitation| lives(invitation, now)).ok_or(Refusal::InvitationInvalid)?;
        let (into, email) = whole(&invitation)?;
        if person.email != email {
            return Err(Refusal::InvitationForAnother.into());
        }
        let (account_id, role) = (into.account_id.clone(), into.role);
        tx.lock_account(&account_id).await?.ok_or(Refusal::InvitationInvalid)?;
        if tx.list_members(&account_id).await?.iter().any(|member| member.user_id == person.id) {
            return Err(Refusal::MemberAlready.into());
        }
        let membership = Membership { account_id: account_id.clone(), user_id: person.id.clone(), role };
        tx.insert_membership(&membership, now).await?;
        let targets = vec![Target::Person(person.id.clone()), Target::Invitation(invitation.id.clone())];
        let detail = Detail::Member { email: email.to_string(), role };
        let happened = Happened::new(Act::MemberJoin, Some(&account_id), targets).with_detail(detail);
        let actor = Actor::Person { id: person.id.clone(), name: email.to_string() };
        self.record_as(tx, context, actor, now, happened).await?;
        Ok(account_id)
    }

    /// Changes what a member is in the account, from their very next request on. The invitations of somebody who is no
    /// owner any more fall with it.
    ///
    /// Refusals: [`Refusal::LastOwner`], [`Refusal::RoleUnchanged`]; [`Refusal::NotFound`] for somebody who is no member.
    pub async fn change_role(&self, context: &RequestContext, change: RoleChange) -> Result<()> {
        let (account_id, targets) = (change.account_id.clone(), vec![Target::Person(change.user_id.clone())]);
        let answer = self.try_change_role(context, change).await;
        self.record_refusal(context, refused(Act::MemberRoleRefused, context, &account_id, targets), answer).await
    }

    async fn try_change_role(&self, context: &RequestContext, change: RoleChange) -> Result<()> {
        let RoleChange { account_id, user_id, role, password } = change;
        context.authorize(&account_id, Permission::ManageMembers)?;
        self.step_up(context, password.as_ref()).await?;
        let Locked { mut tx, now, members } = self.lock_members(context, &account_id).await?;
        let member = find(&members, &user_id)?;
        if member.role == role {
            return Err(Refusal::RoleUnchanged.into());
        }
        keeps_an_owner(members.iter().map(|member| (&member.user_id, member.role)), &user_id, Some(role))?;
        let membership = Membership { account_id: account_id.clone(), user_id: user_id.clone(), role };
        tx.set_role(&membership).await?;
        let detail = Detail::RoleChanged { email: member.email.to_string(), from: member.role, to: role };
        let targets = vec![Target::Person(user_id.clone())];
        let happened = Happened::new(Act::MemberRole, Some(&account_id), targets).with_detail(detail);
        self.record(tx.as_mut(), context, now, happened).await?;
        if !role.may(Permission::ManageMembers) {
            self.end_invitations_of(tx.as_mut(), context, &account_id, &user_id, now).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Takes a member out of the account, from their very next request on; the caller themselves leaves. Whoever goes stays
    /// a person, with their password and their other accounts. Their invitations fall with it.
    ///
    /// Refusals: [`Refusal::LastOwner`]; [`Refusal::NotFound`] for somebody who is no member.
    pub async fn remove_member(
        &self,
        context: &RequestContext,
        account_id: &AccountId,
        user_id: &UserId,
        password: Option<&Password>,
    ) -> Result<()> {
        let answer = self.try_remove_member(context, account_id, user_id, password).await;
        let targets = vec![Target::Person(user_id.clone())];
        self.record_refusal(context, refused(Act::MemberRemoveRefused, context, account_id, targets), answer).await
    }

    async fn try_remove_member(
        &self,
        context: &RequestContext,
        account_id: &AccountId,
        user_id: &UserId,
        password: Option<&Password>,
    ) -> Result<()> {
        let leaves = context.person().is_ok_and(|person| person.user_id == *user_id);
        context.authorize(account_id, if leaves { Permission::ViewMembers } else { Permission::ManageMembers })?;
        self.step_up(context, password).await?;
        let Locked { mut tx, now, members } = if leaves {
            self.lock_members_unasked(account_id).await?
        } else {
            self.lock_members(context, account_id).await?
        };
        let member = find(&members, user_id)?;
        keeps_an_owner(members.iter().map(|member| (&member.user_id, member.role)), user_id, None)?;
        tx.delete_membership(account_id, user_id).await?;
        let detail = Detail::Member { email: member.email.to_string(), role: member.role };
        let targets = vec![Target::Person(user_id.clone())];
        let happened = Happened::new(Act::MemberRemove, Some(account_id), targets).with_detail(detail);
        self.record(tx.as_mut(), context, now, happened).await?;
        self.end_invitations_of(tx.as_mut(), context, account_id, user_id, now).await?;
        Ok(tx.commit().await?)
    }

    /// The accounts the caller is in, in the order of joining.
    pub async fn list_own_accounts(&self, context: &RequestContext) -> Result<Vec<OwnAccount>> {
        Ok(self.store.list_own_accounts(&context.person()?.user_id).await?)
    }

    /// Has the caller's session act in another account of theirs from its next request on. An account they are not in
    /// answers like a missing one.
    pub async fn switch_account(&self, context: &RequestContext, account_id: &AccountId) -> Result<()> {
        let person = context.person()?;
        let own = self.store.list_own_accounts(&person.user_id).await?;
        if !own.iter().any(|own| own.account.id == *account_id) {
            return Err(Refusal::NotFound.into());
        }
        let mut tx = self.store.begin_write().await?;
        let now = self.clock.now();
        if !tx.set_session_account(&person.session_id, account_id).await? {
            return Err(Refusal::SignedOut.into());
        }
        let targets = vec![Target::Session(person.session_id.clone())];
        self.record(tx.as_mut(), context, now, Happened::new(Act::SessionSwitch, Some(account_id), targets)).await?;
        Ok(tx.commit().await?)
    }

    /// Begins to write with the account locked, if the caller may still manage its members: another owner may have
    /// removed them while their password was being checked.
    async fn lock_members(&self, context: &RequestContext, account_id: &AccountId) -> Result<Locked> {
        let locked = self.lock_members_unasked(account_id).await?;
        if let Caller::Person(person) = &context.caller {
            let caller = find(&locked.members, &person.user_id)?;
            if !caller.role.may(Permission::ManageMembers) {
                return Err(Refusal::NotAllowed.into());
            }
        }
        Ok(locked)
    }

    async fn lock_members_unasked(&self, account_id: &AccountId) -> Result<Locked> {
        let mut tx = self.store.begin_write().await?;
        tx.lock_account(account_id).await?.ok_or(Refusal::NotFound)?;
        let members = tx.list_members(account_id).await?;
        Ok(Locked { tx, now: self.clock.now(), members })
    }

    async fn end_invitations_of(
        &self,
        tx: &mut dyn WriteTx,
        context: &RequestContext,
        account_id: &AccountId,
        inviter: &UserId,
        now: Timestamp,
    ) -> Result<()> {
        let theirs = |invitation: &InvitationRecord| {
            invitation.into.as_ref().is_some_and(|into| into.invited_by.as_ref() == Some(inviter))
        };
        for invitation in tx.list_invitations_into(account_id).await?.into_iter().filter(theirs) {
            self.end_invitation(tx, context, &invitation, now).await?;
        }
        Ok(())
    }

    /// One that was too old anyway goes without a record: nothing ends with it.
    async fn end_invitation(
        &self,
        tx: &mut dyn WriteTx,
        context: &RequestContext,
        invitation: &InvitationRecord,
        now: Timestamp,
    ) -> Result<()> {
        tx.delete_invitation(&invitation.id).await?;
        if lives(invitation, now) {
            self.record(tx, context, now, about(Act::MemberInviteRevoke, invitation)).await?;
        }
        Ok(())
    }
}

/// A write transaction that holds an account and its members.
struct Locked {
    tx: Box<dyn WriteTx>,
    now: Timestamp,
    members: Vec<MemberRecord>,
}

fn find<'a>(members: &'a [MemberRecord], user_id: &UserId) -> Result<&'a MemberRecord> {
    Ok(members.iter().find(|member| member.user_id == *user_id).ok_or(Refusal::NotFound)?)
}

/// Into what, and for whom: only an invitation into an account has both.
fn whole(invitation: &InvitationRecord) -> Result<(&InvitedInto, Email)> {
    match (&invitation.into, &invitation.email) {
        (Some(into), Some(email)) => Ok((into, email.clone())),
        (Some(_) | None, _) => Err(Refusal::InvitationInvalid.into()),
    }
}

/// What is on record about an invitation into an account.
pub(crate) fn about(act: Act, invitation: &InvitationRecord) -> Happened {
    let account_id = invitation.into.as_ref().map(|into| &into.account_id);
    let happened = Happened::new(act, account_id, vec![Target::Invitation(invitation.id.clone())]);
    match (&invitation.into, &invitation.email) {
        (Some(into), Some(email)) => happened.with_detail(Detail::MemberInvited {
            email: email.to_string(),
            role: into.role,
            expires_at: invitation.expires_at,
        }),
        (Some(_) | None, _) => happened,
    }
}

/// A stranger's attempt is recorded without the account, as attempts on its keys are; and without the person named, who may
/// be in no account of theirs.
fn refused(act: Act, context: &RequestContext, account_id: &AccountId, targets: Vec<Target>) -> Happened {
    match own_account(context, account_id) {
        Some(account_id) => Happened::new(act, Some(account_id), targets),
        None => Happened::new(act, None, Vec::new()),
    }
}

fn own_account<'a>(context: &RequestContext, account_id: &'a AccountId) -> Option<&'a AccountId> {
    context.authorize(account_id, Permission::ViewMembers).is_ok().then_some(account_id)
}
