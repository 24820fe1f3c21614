//! `latchkey backup` and `latchkey restore`

use super::failure::Failure;
use super::{Desk, words};
use crate::config::Settings;
use crate::opening::OpeningError;
use crate::output;
use backend::installation::{self, OpenError};
use backend::master_key::MasterKeyError;
use backend::{Clock as _, SystemClock};
use domain::Timestamp;
use domain::time::in_words;
use serde_json::json;
use std::path::Path;

/// Copies the database as it is: it is neither made, nor brought up to date, nor written to. So this is also how to take
/// a copy with the new program before an upgrade.
pub(super) async fn back_up(settings: &Settings, to: &Path, as_json: bool) -> Result<(), Failure> {
    let now = SystemClock.now();
    let draft = store_sqlite::back_up(&settings.database_url, to, now).await?;
    let installation = draft.installation.clone().ok_or_else(Failure::never_used)?;
    let key_file = &settings.master_key_file;
    let sealer = installation::read_master_key(key_file).map_err(OpeningError::from)?;
    if !sealer.belongs_to(&installation) {
        let wrong = OpenError::from(MasterKeyError::Wrong { path: key_file.clone() });
        return Err(OpeningError::from(wrong).into());
    }
    let bytes = draft.bytes;
    draft.finish()?;
    if as_json {
        return Ok(output::json(&json!({
            "file": to,
            "bytes": bytes,
            "taken_at": now.to_rfc3339(),
            "master_key_id": installation.master_key_id,
            "master_key_file": key_file,
        }))?);
    }
    output::line("The backup is made, checked and on disk.\n")?;
    output::line(words::aligned(&[
        ("File", &to.display().to_string()),
        ("Size", &format!("{bytes} bytes")),
        ("Taken at", &now.to_rfc3339()),
        ("Master key", &format!("{} in {}", installation.master_key_id, key_file.display())),
    ]))?;
    output::line(
        "\nThe master key file is not in it, and without that file no key in it works. Keep a copy of the file somewhere \
         else: whoever has both can read every private key.",
    )?;
    Ok(())
}

/// Says whether the database is a restored backup; with `accept`, puts it in use.
pub(super) async fn restore(desk: &Desk, accept: bool, as_json: bool) -> Result<(), Failure> {
    let taken_at = desk.installation.backup_taken_at().await?;
    if let (Some(taken_at), true) = (taken_at, accept) {
        desk.installation.put_backup_in_use(&desk.context, taken_at).await?;
    }
    if as_json {
        let taken_at = taken_at.map(Timestamp::to_rfc3339);
        return Ok(output::json(&json!({ "backup_taken_at": taken_at, "in_use": taken_at.is_none() || accept }))?);
    }
    let Some(taken_at) = taken_at else {
        return Ok(output::line("This database is in use. There is no restored backup to accept.")?);
    };
    let age = in_words(desk.backend.now().since(taken_at));
    output::line(format_args!("This database is a backup taken at {} ({age} ago).\n", taken_at.to_rfc3339()))?;
    output::line(
        "What happened since then is not in it. Pairs that were revoked or rolled since work again, as they did then; pairs \
         that were made since are unknown.",
    )?;
    output::line(if accept {
        "\nIt is in use now: `latchkey serve` starts with it."
    } else {
        "\nEnd what has to stay dead first: `latchkey keys roll --account A --expire-old immediately`, `latchkey keys revoke`.\n\
         Then `latchkey restore --accept`; until then `latchkey serve` refuses this database."
    })?;
    Ok(())
}
