//! `latchkey invitation …`

use super::failure::Failure;
use super::{Desk, words};
use crate::output;
use app::paths;
use backend::store::InvitationRecord;
use backend::{SignUp, Token};
use domain::InvitationId;
use serde_json::{Value, json};

pub(super) async fn create(email: Option<&str>, as_json: bool, desk: &Desk) -> Result<(), Failure> {
    let created = desk.backend.create_invitation(&desk.context, email).await?;
    let (invitation, link) = (&created.invitation, link_text(&created.link, desk));
    warn_if_unusable(desk);
    if as_json {
        let mut row = row(invitation);
        row["link"] = Value::String(link);
        return Ok(output::json(&row)?);
    }
    let whom = invitation.email.as_ref().map_or_else(|| "Whoever has this link".to_owned(), ToString::to_string);
    output::line(format_args!(
        "{whom} signs up with it, once, until {}:\n\n  {link}\n\nTo end it before: latchkey invitation revoke --invitation {}",
        invitation.expires_at.to_utc_words(),
        invitation.id,
    ))?;
    Ok(())
}

pub(super) async fn list(as_json: bool, desk: &Desk) -> Result<(), Failure> {
    let invitations = desk.backend.list_invitations(&desk.context).await?;
    if as_json {
        return Ok(output::json(&invitations.iter().map(row).collect())?);
    }
    let rows: Vec<_> = invitations.iter().map(cells).collect();
    output::line(words::table(["INVITATION", "FOR", "MADE BY", "EXPIRES"], &rows))?;
    Ok(())
}

pub(super) async fn revoke(invitation: &InvitationId, as_json: bool, desk: &Desk) -> Result<(), Failure> {
    desk.backend.revoke_invitation(&desk.context, invitation).await?;
    if as_json {
        return Ok(output::json(&json!({ "id": invitation }))?);
    }
    output::line(format_args!("The invitation {invitation} is revoked: its link opens nothing."))?;
    Ok(())
}

/// One invitation as programs read it. The link is in the answer to its making, and nowhere else.
fn row(invitation: &InvitationRecord) -> Value {
    json!({
        "id": invitation.id,
        "email": invitation.email,
        "created_by": invitation.created_by,
        "created_at": invitation.created_at.to_rfc3339(),
        "expires_at": invitation.expires_at.to_rfc3339(),
    })
}

fn cells(invitation: &InvitationRecord) -> [String; 4] {
    let whom = invitation.email.as_ref().map_or_else(|| "anybody".to_owned(), ToString::to_string);
    [invitation.id.to_string(), whom, invitation.created_by.clone(), invitation.expires_at.to_utc_words()]
}

/// The secret is in the fragment, which a browser keeps to itself: no server and no proxy logs it.
pub(super) fn link_text(link: &Token, desk: &Desk) -> String {
    format!("{}{}#{}", desk.public_url, paths::INVITATION, link.expose())
}

/// The settings of this shell may not be those of the server, so this is said and not refused.
fn warn_if_unusable(desk: &Desk) {
    match desk.backend.policy().sign_up {
        SignUp::Invite => {}
        SignUp::Open => output::complain("By these settings sign-up is open: nobody needs an invitation."),
        SignUp::Closed => {
            output::complain("By these settings sign-up is closed: the link works with LATCHKEY_SIGN_UP=invite.");
        }
    }
}
