//! Where settings are found, and which source wins.

use super::SettingFlags;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

const PREFIX: &str = "LATCHKEY_";
const CONFIG: &str = "LATCHKEY_CONFIG";

/// Variables that other tools of the project read: no settings, and no mistakes either.
const OF_OTHER_TOOLS: [&str; 5] =
    ["LATCHKEY_BIN", "LATCHKEY_BUILD", "LATCHKEY_CHROMIUM", "LATCHKEY_TOOLS_DIR", "LATCHKEY_RUST_SRC"];

/// Why the settings cannot be used. Each sentence says which one, and where it was found.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A variable that is no setting.
    #[error("{0} is not a setting. Settings are listed by `latchkey serve --help`")]
    UnknownVariable(String),
    /// A variable that is no text.
    #[error("{0} is not valid UTF-8")]
    NotText(String),
    /// A key of the file that is no setting.
    #[error("{}: `{key}` is not a setting. Settings are listed by `latchkey serve --help`", path.display())]
    UnknownKey {
        /// The file.
        path: PathBuf,
        /// The key.
        key: String,
    },
    /// The file cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// The file is not TOML.
    #[error("{} is not valid TOML", path.display())]
    NotToml {
        /// The file.
        path: PathBuf,
        /// Where, and what was expected.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// A value that cannot be used.
    #[error("{found}: expected {expected}, found `{value}`")]
    Invalid {
        /// Where it was found: a flag, a variable or a file and its key.
        found: String,
        /// What it should be.
        expected: &'static str,
        /// What it is.
        value: String,
    },
}

/// The process's environment, read once.
#[derive(Debug, Clone, Default)]
pub struct Environment(BTreeMap<OsString, OsString>);

impl Environment {
    /// What this process was given.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
    pub fn read() -> Self {
        Self(std::env::vars_os().collect())
    }

    /// What a test gives.
    pub fn of(variables: &[(&str, &str)]) -> Self {
        Self(variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect())
    }

    /// The operating system's name for whoever runs this process: the name the session carries, or else the number of
    /// the account the process runs under.
    pub fn operator(&self) -> String {
        let name = ["USER", "LOGNAME"].iter().find_map(|name| self.0.get(std::ffi::OsStr::new(name))?.to_str());
        match name.filter(|name| !name.is_empty() && !name.chars().any(char::is_control)) {
            Some(name) => name.chars().take(64).collect(),
            None => account_number(),
        }
    }
}

#[cfg(unix)]
fn account_number() -> String {
    use std::os::unix::fs::MetadataExt as _;
    let owner = std::fs::metadata("/proc/self").map(|metadata| metadata.uid());
    owner.map_or_else(|_| "unknown".to_owned(), |uid| format!("uid {uid}"))
}

#[cfg(not(unix))]
fn account_number() -> String {
    "unknown".to_owned()
}

/// A value, and where it was found.
struct Found {
    value: String,
    place: String,
}

/// What was given, strongest first already decided.
pub(super) struct Given(BTreeMap<&'static str, Found>);

impl Given {
    pub(super) fn collect(flags: &SettingFlags, environment: &Environment) -> Result<Self, SettingsError> {
        let mut given = BTreeMap::new();
        if let Some(path) = config_file(flags, environment) {
            given.extend(from_file(&path, &known_names())?);
        }
        given.extend(from_environment(environment, &known_names())?);
        given.extend(flags.by_name().into_iter().filter_map(|(name, value)| {
            let place = format!("--{}", name.replace('_', "-"));
            Some((name, Found { value: value?.clone(), place }))
        }));
        // An empty value is how a container's template says "not set".
        given.retain(|_, found| !found.value.is_empty());
        Ok(Self(given))
    }

    pub(super) fn text(&self, name: &str, default: &str) -> String {
        self.0.get(name).map_or(default, |found| &found.value).to_owned()
    }

    pub(super) fn read<T>(
        &self,
        name: &str,
        default: &str,
        parse: impl Fn(&str) -> Option<T>,
        expected: &'static str,
    ) -> Result<T, SettingsError> {
        let found = self.0.get(name);
        let value = found.map_or(default, |found| &found.value);
        parse(value).ok_or_else(|| SettingsError::Invalid {
            found: found.map_or(name, |found| &found.place).to_owned(),
            expected,
            value: value.to_owned(),
        })
    }

    pub(super) fn read_optional<T>(
        &self,
        name: &str,
        parse: impl Fn(&str) -> Option<T>,
        expected: &'static str,
    ) -> Result<Option<T>, SettingsError> {
        if self.0.contains_key(name) { self.read(name, "", parse, expected).map(Some) } else { Ok(None) }
    }
}

fn known_names() -> Vec<&'static str> {
    SettingFlags::default().by_name().map(|(name, _)| name).to_vec()
}

fn config_file(flags: &SettingFlags, environment: &Environment) -> Option<PathBuf> {
    let variable = || environment.0.get(std::ffi::OsStr::new(CONFIG)).filter(|path| !path.is_empty());
    flags.config.clone().or_else(|| variable().map(PathBuf::from))
}

fn from_environment(
    environment: &Environment,
    names: &[&'static str],
) -> Result<Vec<(&'static str, Found)>, SettingsError> {
    let mut given = Vec::new();
    for (variable, value) in &environment.0 {
        let Some(variable) = variable.to_str().filter(|name| name.starts_with(PREFIX)) else {
            continue;
        };
        if variable == CONFIG || OF_OTHER_TOOLS.contains(&variable) {
            continue;
        }
        let wanted = variable.trim_start_matches(PREFIX);
        // Compared in capitals, so that `LATCHKEY_addr` is not silently a setting on some systems.
        let name = names.iter().find(|name| name.to_uppercase() == wanted);
        let name = name.ok_or_else(|| SettingsError::UnknownVariable(variable.to_owned()))?;
        let value = value.to_str().ok_or_else(|| SettingsError::NotText(variable.to_owned()))?;
        given.push((*name, Found { value: value.to_owned(), place: variable.to_owned() }));
    }
    Ok(given)
}

fn from_file(path: &Path, names: &[&'static str]) -> Result<Vec<(&'static str, Found)>, SettingsError> {
    let text =
        std::fs::read_to_string(path).map_err(|source| SettingsError::Unreadable { path: path.to_owned(), source })?;
    let table: toml::Table =
        text.parse().map_err(|source| SettingsError::NotToml { path: path.to_owned(), source: Box::new(source) })?;
    table
        .into_iter()
        .map(|(key, value)| {
            let name = names.iter().find(|name| **name == key);
            let name = name.ok_or_else(|| SettingsError::UnknownKey { path: path.to_owned(), key: key.clone() })?;
            let place = format!("{}, `{key}`", path.display());
            Ok((*name, Found { value: as_text(value), place }))
        })
        .collect()
}

/// Every setting is read from text, so that a number means the same in a file and in a variable.
fn as_text(value: toml::Value) -> String {
    match value {
        toml::Value::String(text) => text,
        toml::Value::Array(values) => values.into_iter().map(as_text).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}
