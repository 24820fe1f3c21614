//! From what the use cases answer to what the pages about members and accounts are told, and where their forms lead.

use super::{
    Site, add_cookie, answer_at, forget_joining, invitation_link, is_plain_form, joining, keep_fresh_link, lead_back,
    or_sign_in, remember_typed, take_fresh_link, take_said, typed,
};
use crate::error::AppError;
use crate::features::members::{
    ChangeRole, FreshInvitation, Holder, InviteMember, JoinAccount, JoinView, MemberView, MembersSaid, MembersView,
    Offer, OpenInvitation, OwnAccountView, OwnAccountsView, RemoveMember, RevokeMemberInvitation, SwitchAccount,
};
use crate::paths;
use crate::ui::Moment;
use backend::members::{Invite, Members, OpenedInvitation, RoleChange};
use backend::sessions::step_up_due;
use backend::store::{InvitationRecord, MemberRecord};
use backend::{Backend, Caller, Error, RequestContext, Result};
use domain::{AccountId, Email, Password, Permission, Refusal, Role, UserId};

type Answer<T> = std::result::Result<T, AppError>;

pub(crate) async fn view(backend: &Backend, context: &RequestContext, site: &Site) -> Result<MembersView> {
    let person = context.person()?;
    let seat = person.seat()?;
    let Members { account, members, invitations } = backend.list_members(context, &seat.account_id).await?;
    let may_manage = seat.role.may(Permission::ManageMembers);
    Ok(MembersView {
        product_name: site.product_name.clone(),
        insecure: site.insecure,
        email: person.email.clone(),
        account_name: account.name,
        role: seat.role,
        may_manage,
        password_due: step_up_due(person.password_at, backend.now()),
        said: take_said(MembersSaid::parse),
        fresh: if may_manage { fresh(backend, site, &account.id).await? } else { None },
        typed_email: typed().email,
        account: account.id,
        members: members.into_iter().map(|member| member_view(member, &person.user_id)).collect(),
        invitations: invitations.iter().filter_map(open_invitation).collect(),
    })
}

fn member_view(member: MemberRecord, reader: &UserId) -> MemberView {
    MemberView {
        own: member.user_id == *reader,
        id: member.user_id,
        email: member.email.into(),
        role: member.role,
        since: Moment::from(member.joined_at),
        has_password: member.has_password,
    }
}

/// Only one into an account has an address and a role.
fn open_invitation(invitation: &InvitationRecord) -> Option<OpenInvitation> {
    Some(OpenInvitation {
        id: invitation.id.clone(),
        email: invitation.email.as_ref().map(Email::to_string)?,
        role: invitation.into.as_ref()?.role,
        by: inviter(invitation),
        expires: Moment::from(invitation.expires_at),
    })
}

/// Which operator it was is none of the members' business, as with a roll.
fn inviter(invitation: &InvitationRecord) -> String {
    let by_owner = invitation.into.as_ref().is_some_and(|into| into.invited_by.is_some());
    if by_owner { invitation.created_by.clone() } else { "An operator".to_owned() }
}

/// The invitation whose link was kept for this page, if it is into this account and can still be used.
async fn fresh(backend: &Backend, site: &Site, account: &AccountId) -> Result<Option<FreshInvitation>> {
    let Some(secret) = take_fresh_link() else {
        return Ok(None);
    };
    match backend.find_invitation_into(&secret).await {
        Ok(OpenedInvitation { invitation, email, role, .. })
            if invitation.into.as_ref().is_some_and(|into| into.account_id == *account) =>
        {
            let (email, link) = (email.into(), invitation_link(site, &secret));
            Ok(Some(FreshInvitation { email, role, link, expires: Moment::from(invitation.expires_at) }))
        }
        Ok(_) | Err(Error::Refused(_)) => Ok(None),
        Err(fault @ Error::Fault(_)) => Err(fault),
    }
}

/// An invitation as the form sent it.
pub(crate) struct Invited {
    pub(crate) account: AccountId,
    pub(crate) email: String,
    pub(crate) role: String,
    pub(crate) password: Password,
}

fn chosen(role: &str) -> std::result::Result<Role, Refusal> {
    Role::parse(role).ok_or(Refusal::RoleMissing)
}

/// The link goes to the next page in a cookie: it stands in no URL, and no page that is fetched again shows it.
pub(crate) async fn invite(backend: &Backend, context: &RequestContext, asked: Invited) -> Answer<()> {
    let Invited { account, email, role, password } = asked;
    let made = match chosen(&role) {
        Ok(role) => {
            let invite = Invite { account_id: account, email: email.clone(), role, password: Some(password) };
            backend.invite(context, invite).await
        }
        Err(refusal) => Err(refusal.into()),
    };
    remember_typed(made.is_err(), &email, "");
    let answer = or_sign_in(made.map_err(AppError::from));
    match answer {
        Ok(made) => {
            keep_fresh_link(&made.link);
            leptos_axum::redirect(paths::MEMBERS);
            Ok(())
        }
        Err(error) => {
            if is_plain_form() && error != AppError::Refused(Refusal::SignedOut) {
                lead_back::<InviteMember>(error, paths::INVITE_MEMBER, "");
            }
            Err(error)
        }
    }
}

pub(crate) fn invitation_revoked(revoked: Result<()>) -> Answer<()> {
    let said = MembersSaid::InvitationRevoked.as_str();
    answer_at::<RevokeMemberInvitation>(revoked, paths::MEMBERS, paths::MEMBERS, said)
}

pub(crate) fn change(account_id: AccountId, user_id: UserId, role: &str, password: Password) -> Result<RoleChange> {
    Ok(RoleChange { account_id, user_id, role: chosen(role)?, password: Some(password) })
}

pub(crate) fn role_changed(changed: Result<()>, form: &str) -> Answer<()> {
    answer_at::<ChangeRole>(changed, form, paths::MEMBERS, MembersSaid::RoleChanged.as_str())
}

/// Who has left lands where it is said what they still have.
pub(crate) fn removed(removed: Result<()>, context: &RequestContext, whom: &UserId) -> Answer<()> {
    let left = removed.is_ok() && context.person().is_ok_and(|person| person.user_id == *whom);
    let form = paths::remove_member(whom);
    if left {
        leptos_axum::redirect(paths::ACCOUNTS);
        return Ok(());
    }
    answer_at::<RemoveMember>(removed, &form, paths::MEMBERS, MembersSaid::MemberRemoved.as_str())
}

pub(crate) async fn offer(backend: &Backend, context: &RequestContext, site: &Site) -> Result<JoinView> {
    let opened = match joining() {
        Some(secret) => backend.find_invitation_into(&secret).await,
        None => Err(Refusal::InvitationInvalid.into()),
    };
    let offer = match opened {
        Ok(opened) => Some(offered(opened, context)),
        Err(Error::Refused(_)) => None,
        Err(fault @ Error::Fault(_)) => return Err(fault),
    };
    Ok(JoinView { product_name: site.product_name.clone(), insecure: site.insecure, offer })
}

fn offered(opened: OpenedInvitation, context: &RequestContext) -> Offer {
    let OpenedInvitation { invitation, email, role, account_name } = opened;
    let holder = match &context.caller {
        Caller::Person(person) if person.email == email.as_str() => Holder::Invited,
        Caller::Person(person) | Caller::Admin(person) => Holder::Another(person.email.clone()),
        Caller::Anonymous | Caller::Operator(_) | Caller::Installation(_) => Holder::Nobody,
    };
    Offer {
        account_name,
        email: email.into(),
        role,
        by: inviter(&invitation),
        expires: Moment::from(invitation.expires_at),
        holder,
    }
}

/// Leads to the keys of the account joined; or back, where the page says by itself what the invitation is good for.
pub(crate) fn joined(joined: Result<AccountId>) -> Answer<()> {
    let answer = or_sign_in(joined.map(|_| ()).map_err(AppError::from));
    match answer {
        Ok(()) => {
            add_cookie(forget_joining());
            leptos_axum::redirect(paths::DEVELOPERS);
        }
        Err(AppError::Refused(Refusal::SignedOut)) => {}
        Err(error) if is_plain_form() => lead_back::<JoinAccount>(error, paths::JOIN, ""),
        Err(_) => {}
    }
    answer
}

pub(crate) async fn own_accounts(backend: &Backend, context: &RequestContext, site: &Site) -> Result<OwnAccountsView> {
    let person = context.person()?;
    let own = backend.list_own_accounts(context).await?;
    let accounts: Vec<OwnAccountView> = own
        .into_iter()
        .map(|own| OwnAccountView {
            current: person.account_id() == Some(&own.account.id),
            id: own.account.id,
            name: own.account.name,
            role: own.role,
            disabled: own.account.disabled_at.is_some(),
        })
        .collect();
    let current = accounts.iter().find(|account| account.current);
    Ok(OwnAccountsView {
        product_name: site.product_name.clone(),
        insecure: site.insecure,
        email: person.email.clone(),
        account_name: current.map_or_else(|| person.email.clone(), |current| current.name.clone()),
        role: current.map(|current| current.role),
        accounts,
    })
}

pub(crate) fn switched(switched: Result<()>) -> Answer<()> {
    let answer = or_sign_in(switched.map_err(AppError::from));
    match answer {
        Ok(()) => leptos_axum::redirect(paths::DEVELOPERS),
        Err(AppError::Refused(Refusal::SignedOut)) => {}
        Err(error) if is_plain_form() => lead_back::<SwitchAccount>(error, paths::ACCOUNTS, ""),
        Err(_) => {}
    }
    answer
}
