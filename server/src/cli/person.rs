//! `latchkey person …`

use super::Desk;
use super::failure::Failure;
use crate::output;
use app::paths;
use backend::Token;

pub(super) async fn set_password_link(email: &str, desk: &Desk) -> Result<(), Failure> {
    let link = desk.backend.create_password_link(&desk.context, email).await?;
    output::line(link_text(&link, desk))?;
    Ok(())
}

/// The secret is in the fragment, which a browser keeps to itself: no server and no proxy logs it.
pub(super) fn link_text(link: &Token, desk: &Desk) -> String {
    format!("{}{}#{}", desk.public_url, paths::SET_PASSWORD, link.expose())
}
