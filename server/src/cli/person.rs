//! `latchkey person …`

use super::Desk;
use super::failure::Failure;
use crate::output;
use app::paths;
use backend::Token;
use serde_json::json;

pub(super) async fn set_password_link(email: &str, desk: &Desk) -> Result<(), Failure> {
    let link = desk.backend.create_password_link(&desk.context, email).await?;
    output::line(link_text(&link, desk))?;
    Ok(())
}

pub(super) async fn end_sessions(email: &str, as_json: bool, desk: &Desk) -> Result<(), Failure> {
    let count = desk.backend.end_sessions_of_email(&desk.context, email).await?;
    if as_json {
        return Ok(output::json(&json!({ "sessions_ended": count }))?);
    }
    let sessions = if count == 1 { "1 session has".to_owned() } else { format!("{count} sessions have") };
    output::line(format_args!("{sessions} ended. Whoever was signed in as {email} needs the password to come back."))?;
    Ok(())
}

/// The secret is in the fragment, which a browser keeps to itself: no server and no proxy logs it.
pub(super) fn link_text(link: &Token, desk: &Desk) -> String {
    format!("{}{}#{}", desk.public_url, paths::SET_PASSWORD, link.expose())
}
