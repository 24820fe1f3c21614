//! `latchkey member …`

use super::failure::Failure;
use super::{Desk, invitation, words};
use crate::output;
use backend::members::{Invite, Members, RoleChange};
use backend::store::{InvitationRecord, MemberRecord};
use domain::{AccountId, Email, Refusal, Role, UserId};
use serde_json::{Value, json};

pub(super) async fn list(account: &AccountId, as_json: bool, desk: &Desk) -> Result<(), Failure> {
    let Members { members, invitations, .. } = desk.backend.list_members(&desk.context, account).await?;
    if as_json {
        let invited: Vec<_> = invitations.iter().map(invitation_row).collect();
        let members: Vec<_> = members.iter().map(member_row).collect();
        return Ok(output::json(&json!({ "members": members, "invitations": invited }))?);
    }
    let members = members.iter().map(member_cells);
    let invited = invitations.iter().map(invitation_cells);
    output::line(words::table(["PERSON", "ROLE", "SINCE", "STATUS"], &members.chain(invited).collect::<Vec<_>>()))?;
    Ok(())
}

pub(super) async fn invite(
    account: AccountId,
    email: String,
    role: Role,
    as_json: bool,
    desk: &Desk,
) -> Result<(), Failure> {
    let invite = Invite { account_id: account, email, role, password: None };
    let made = desk.backend.invite(&desk.context, invite).await?;
    let link = invitation::link_text(&made.link, desk);
    if as_json {
        let mut row = invitation_row(&made.invitation);
        row["link"] = Value::String(link);
        return Ok(output::json(&row)?);
    }
    output::line(format_args!(
        "{} joins as {} with it, once, until {}:\n\n  {link}\n\nTo end it before: latchkey invitation revoke --invitation {}",
        made.invitation.email.as_ref().map(Email::as_str).unwrap_or_default(),
        role.with_article(),
        made.invitation.expires_at.to_utc_words(),
        made.invitation.id,
    ))?;
    Ok(())
}

pub(super) async fn set_role(
    account: AccountId,
    email: &str,
    role: Role,
    as_json: bool,
    desk: &Desk,
) -> Result<(), Failure> {
    let user_id = find(&account, email, desk).await?;
    let change = RoleChange { account_id: account, user_id: user_id.clone(), role, password: None };
    desk.backend.change_role(&desk.context, change).await?;
    if as_json {
        return Ok(output::json(&json!({ "user_id": user_id, "role": role.as_str() }))?);
    }
    output::line(format_args!("{email} is {} from their next request on.", role.with_article()))?;
    Ok(())
}

pub(super) async fn remove(account: &AccountId, email: &str, as_json: bool, desk: &Desk) -> Result<(), Failure> {
    let user_id = find(account, email, desk).await?;
    desk.backend.remove_member(&desk.context, account, &user_id, None).await?;
    if as_json {
        return Ok(output::json(&json!({ "user_id": user_id }))?);
    }
    output::line(format_args!("{email} is no member of the account any more, from their next request on."))?;
    Ok(())
}

/// The member with this address. Somebody who is none answers like somebody who is not there.
async fn find(account: &AccountId, email: &str, desk: &Desk) -> Result<UserId, Failure> {
    let refused = |refusal: Refusal| Failure::from(backend::Error::Refused(refusal));
    let email = Email::parse(email).map_err(|_| refused(Refusal::EmailInvalid))?;
    let members = desk.backend.list_members(&desk.context, account).await?.members;
    let member = members.into_iter().find(|member| member.email == email);
    member.map(|member| member.user_id).ok_or_else(|| refused(Refusal::NotFound))
}

fn member_row(member: &MemberRecord) -> Value {
    json!({
        "user_id": member.user_id,
        "email": member.email,
        "role": member.role.as_str(),
        "joined_at": member.joined_at.to_rfc3339(),
        "has_password": member.has_password,
    })
}

/// An invitation as programs read it. The link is in the answer to its making, and nowhere else.
fn invitation_row(invitation: &InvitationRecord) -> Value {
    json!({
        "id": invitation.id,
        "email": invitation.email,
        "role": invitation.into.as_ref().map(|into| into.role.as_str()),
        "created_by": invitation.created_by,
        "created_at": invitation.created_at.to_rfc3339(),
        "expires_at": invitation.expires_at.to_rfc3339(),
    })
}

fn member_cells(member: &MemberRecord) -> [String; 4] {
    let status = if member.has_password { "member" } else { "member, without a password yet" };
    [member.email.to_string(), member.role.as_str().to_owned(), member.joined_at.to_utc_words(), status.to_owned()]
}

fn invitation_cells(invitation: &InvitationRecord) -> [String; 4] {
    let role = invitation.into.as_ref().map_or("", |into| into.role.as_str());
    [
        invitation.email.as_ref().map(Email::to_string).unwrap_or_default(),
        role.to_owned(),
        String::new(),
        format!("invited until {} ({})", invitation.expires_at.to_utc_words(), invitation.id),
    ]
}
