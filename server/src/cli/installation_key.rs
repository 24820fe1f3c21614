//! `latchkey installation-key …`

use super::failure::Failure;
use super::{Desk, words};
use crate::output;
use backend::installation_keys::IssuedInstallationKey;
use backend::store::InstallationKeyRecord;
use domain::{ExpireOld, InstallationKeyId, InstallationKeyState, Scope, Timestamp};
use serde_json::{Value, json};

pub(super) async fn create(name: &str, scopes: &[Scope], as_json: bool, desk: &Desk) -> Result<(), Failure> {
    let issued = desk.backend.create_installation_key(&desk.context, name, scopes).await?;
    if as_json {
        return Ok(output::json(&with_key(&issued, desk.backend.now()))?);
    }
    show(&issued)
}

pub(super) async fn list(as_json: bool, desk: &Desk) -> Result<(), Failure> {
    let listed = desk.backend.list_installation_keys(&desk.context).await?;
    if as_json {
        return Ok(output::json(&listed.keys.iter().map(|key| row(key, listed.now)).collect())?);
    }
    if listed.keys.is_empty() {
        return Ok(output::line(
            "There are no installation keys. To make one: latchkey installation-key create --name … --scope read",
        )?);
    }
    let rows: Vec<_> = listed.keys.iter().map(|key| cells(key, listed.now)).collect();
    output::line(words::table(["KEY", "NAME", "SCOPES", "STATUS", "LAST USED"], &rows))?;
    Ok(())
}

pub(super) async fn roll(
    key: &InstallationKeyId,
    expire_old: ExpireOld,
    as_json: bool,
    desk: &Desk,
) -> Result<(), Failure> {
    let rolled = desk.backend.roll_installation_key(&desk.context, key, expire_old).await?;
    let now = desk.backend.now();
    if as_json {
        return Ok(output::json(&json!({ "new": with_key(&rolled.new, now), "old": row(&rolled.old, now) }))?);
    }
    show(&rolled.new)?;
    output::line(match rolled.old.life.expires_at {
        Some(end) => format!("\nThe old key works until {}.", end.to_utc_words()),
        None => "\nThe old key works no more.".to_owned(),
    })?;
    Ok(())
}

pub(super) async fn revoke(key: &InstallationKeyId, as_json: bool, desk: &Desk) -> Result<(), Failure> {
    let revoked = desk.backend.revoke_installation_key(&desk.context, key).await?;
    if as_json {
        return Ok(output::json(&row(&revoked, desk.backend.now()))?);
    }
    output::line(format_args!("The installation key {key} ({}) is revoked: it is refused from now on.", revoked.name))?;
    Ok(())
}

fn show(issued: &IssuedInstallationKey) -> Result<(), Failure> {
    let record = &issued.record;
    output::line("The installation key is made. It is shown this once: nobody can reveal it later.\n")?;
    output::line(words::aligned(&[
        ("Key id", record.id.as_str()),
        ("Name", &record.name),
        ("Scopes", &scopes(record)),
        ("Key", issued.key.expose()),
    ]))?;
    Ok(())
}

/// One key as programs read it: one shape, whatever its state. The key itself is in the answer that made it, and nowhere
/// else.
fn row(key: &InstallationKeyRecord, now: Timestamp) -> Value {
    let scopes: Vec<_> = key.scopes.iter().map(|scope| scope.as_str()).collect();
    json!({
        "id": key.id,
        "name": key.name,
        "scopes": scopes,
        "status": key.life.state(now).as_str(),
        "created_by": key.created_by,
        "created_at": key.created_at.to_rfc3339(),
        "last_used_at": key.last_used_at.map(Timestamp::to_rfc3339),
        "expires_at": key.life.expires_at.map(Timestamp::to_rfc3339),
        "ended_at": key.life.ended_at.map(Timestamp::to_rfc3339),
    })
}

fn with_key(issued: &IssuedInstallationKey, now: Timestamp) -> Value {
    let mut row = row(&issued.record, now);
    row["key"] = Value::String(issued.key.expose().to_owned());
    row
}

fn cells(key: &InstallationKeyRecord, now: Timestamp) -> [String; 5] {
    let status = match key.life.state(now) {
        InstallationKeyState::Active => "active".to_owned(),
        InstallationKeyState::Expiring { expires_at } => format!("expires {}", expires_at.to_utc_words()),
        InstallationKeyState::Expired { expires_at } => format!("expired ({})", expires_at.to_utc_words()),
        InstallationKeyState::Revoked { revoked_at } => format!("revoked ({})", revoked_at.to_utc_words()),
    };
    let used = key.last_used_at.map_or_else(|| "never".to_owned(), Timestamp::to_utc_words);
    [key.id.to_string(), key.name.clone(), scopes(key), status, used]
}

fn scopes(key: &InstallationKeyRecord) -> String {
    key.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(",")
}
