//! `latchkey admin …`

use super::account::read_password;
use super::failure::Failure;
use super::{Desk, person, words};
use crate::output;
use backend::store::AdminRecord;
use serde_json::{Value, json};

pub(super) async fn create(email: &str, password_stdin: bool, as_json: bool, desk: &Desk) -> Result<(), Failure> {
    let password = if password_stdin { Some(read_password()?) } else { None };
    let created = desk.backend.create_admin(&desk.context, email, password).await?;
    if as_json {
        output::json(&json!({ "user_id": created.user_id }))?;
        // As with an account, whose answer has a fixed shape: the link is said on stderr.
        if let Some(link) = &created.password_link {
            output::complain(format_args!("Set the password within an hour: {}", person::link_text(link, desk)));
        }
        return Ok(());
    }
    output::line(format_args!("{email} is an admin of this installation now."))?;
    match &created.password_link {
        Some(link) => output::line(format_args!(
            "\nThey set their password with this link, once, within an hour:\n\n  {}",
            person::link_text(link, desk)
        ))?,
        None => output::line("They sign in with their password as ever.")?,
    }
    Ok(())
}

pub(super) async fn list(as_json: bool, desk: &Desk) -> Result<(), Failure> {
    let admins = desk.backend.list_admins(&desk.context).await?;
    if as_json {
        return Ok(output::json(&Value::Array(admins.iter().map(row).collect()))?);
    }
    if admins.is_empty() {
        return Ok(output::line("There are no admins. To make one: latchkey admin create --email …")?);
    }
    let rows: Vec<_> = admins.iter().map(cells).collect();
    output::line(words::table(["ADMIN", "SINCE", "MADE BY"], &rows))?;
    Ok(())
}

pub(super) async fn remove(email: &str, as_json: bool, desk: &Desk) -> Result<(), Failure> {
    let user_id = desk.backend.remove_admin(&desk.context, email).await?;
    if as_json {
        return Ok(output::json(&json!({ "user_id": user_id }))?);
    }
    output::line(format_args!(
        "{email} is no admin any more. To sign them out as well: latchkey person end-sessions --email {email}"
    ))?;
    Ok(())
}

fn row(admin: &AdminRecord) -> Value {
    json!({
        "user_id": admin.user_id,
        "email": admin.email,
        "created_at": admin.created_at.to_rfc3339(),
        "created_by": admin.created_by,
    })
}

fn cells(admin: &AdminRecord) -> [String; 3] {
    [admin.email.to_string(), admin.created_at.to_utc_words(), admin.created_by.clone()]
}
