//! `latchkey settings`

use super::failure::Failure;
use super::words;
use crate::config::{Environment, Given, SETTINGS, SettingFlags, Unset, example_file};
use crate::output;
use serde_json::{Value, json};

/// None of the settings is a secret, so all of them can be shown.
pub(super) fn list(flags: &SettingFlags, environment: &Environment, as_json: bool) -> Result<(), Failure> {
    let given = Given::collect(flags, environment)?;
    if as_json {
        let rows = SETTINGS.iter().map(|setting| {
            let (value, place) = match (given.find(setting.name), setting.unset) {
                (Some(found), _) => (Some(found.value.as_str()), Some(found.place.as_str())),
                (None, Unset::Value(value)) => (Some(value), None),
                (None, Unset::Words(_)) => (None, None),
            };
            json!({ "name": setting.name, "value": value, "found": place })
        });
        return Ok(output::json(&Value::Array(rows.collect()))?);
    }
    let rows: Vec<_> = SETTINGS
        .iter()
        .map(|setting| match (given.find(setting.name), setting.unset) {
            (Some(found), _) => [setting.name.to_owned(), found.value.clone(), found.place.clone()],
            (None, Unset::Value(value)) => [setting.name.to_owned(), value.to_owned(), "default".to_owned()],
            (None, Unset::Words(words)) => [setting.name.to_owned(), format!("({words})"), "default".to_owned()],
        })
        .collect();
    output::line(words::table(["SETTING", "VALUE", "FOUND"], &rows))?;
    Ok(())
}

pub(super) fn example() -> Result<(), Failure> {
    // It ends with a line end of its own.
    output::line(example_file().trim_end())?;
    Ok(())
}
