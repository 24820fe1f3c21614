//! Where settings are found, and which source wins.

use super::SettingFlags;
use super::table::{SETTINGS, Setting, Unset};
use crate::notify::Notifier;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

const PREFIX: &str = "LATCHKEY_";
const CONFIG: &str = "LATCHKEY_CONFIG";

/// Variables that other tools of the project read: no settings, and no mistakes either.
const OF_OTHER_TOOLS: [&str; 5] =
    ["LATCHKEY_BIN", "LATCHKEY_BUILD", "LATCHKEY_CHROMIUM", "LATCHKEY_TOOLS_DIR", "LATCHKEY_RUST_SRC"];

/// Why the settings cannot be used. Each sentence says which one, and where it was found.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A variable that is no setting.
    #[error("{name} is not a setting.{} `latchkey serve --help` lists all of them", nearest(name, Setting::variable))]
    UnknownVariable {
        /// Its name.
        name: String,
    },
    /// A variable that is no text.
    #[error("{0} is not valid UTF-8")]
    NotText(String),
    /// A key of the file that is no setting.
    #[error(
        "{}, line {line}: `{key}` is not a setting.{} `latchkey serve --help` lists all of them",
        path.display(),
        nearest(key, |setting| format!("`{}`", setting.name))
    )]
    UnknownKey {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// The key.
        key: String,
    },
    /// A key of the file whose value is of no kind that a setting has.
    #[error("{}, line {line}: `{key}` should be text, a number or a list of them, and is a {found}", path.display())]
    WrongKind {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// The key.
        key: String,
        /// What it is.
        found: &'static str,
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

/// Where a service manager waits to hear that the process is ready.
const NOTIFY_SOCKET: &str = "NOTIFY_SOCKET";

impl Environment {
    /// Whom to tell that the process is ready.
    pub fn notifier(&self) -> Notifier {
        Notifier::new(self.0.get(std::ffi::OsStr::new(NOTIFY_SOCKET)).map(OsString::as_os_str))
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

/// ` Did you mean …?` with the setting whose name is nearest to a mistyped one; nothing if none is near.
fn nearest(mistyped: &str, name: impl Fn(&Setting) -> String) -> String {
    let likeness = |name: &str| strsim::jaro_winkler(name, mistyped);
    let names = SETTINGS.iter().map(|setting| (likeness(name(setting).trim_matches('`')), name(setting)));
    let best = names.max_by(|one, other| one.0.total_cmp(&other.0));
    match best {
        // Variables share their beginning, which makes all of them somewhat alike.
        Some((likeness, name)) if likeness > 0.9 => format!(" Did you mean {name}?"),
        _ => String::new(),
    }
}

/// A value, and where it was found.
#[derive(Debug, Clone)]
pub struct Found {
    /// As text, whatever it was in a file.
    pub value: String,
    /// A flag, a variable, or a file with line and key.
    pub place: String,
}

/// What was given, strongest first already decided.
pub struct Given(BTreeMap<&'static str, Found>);

impl Given {
    /// Reads the file, and puts the environment and then the flags above it.
    pub fn collect(flags: &SettingFlags, environment: &Environment) -> Result<Self, SettingsError> {
        let mut given = BTreeMap::new();
        if let Some(path) = config_file(flags, environment) {
            given.extend(from_file(&path)?);
        }
        given.extend(from_environment(environment)?);
        given.extend(flags.given.iter().map(|(name, value)| {
            let place = format!("--{}", name.replace('_', "-"));
            (*name, Found { value: value.clone(), place })
        }));
        // An empty value is how a container's template says "not set".
        given.retain(|_, found| !found.value.is_empty());
        Ok(Self(given))
    }

    /// What was given for this setting.
    pub fn find(&self, name: &str) -> Option<&Found> {
        self.0.get(name)
    }

    pub(super) fn text(&self, name: &'static str) -> Result<String, SettingsError> {
        self.read(name, |text| Some(text.to_owned()))
    }

    pub(super) fn read<T>(&self, name: &'static str, parse: impl Fn(&str) -> Option<T>) -> Result<T, SettingsError> {
        let setting = Setting::find(name);
        let default = match setting.map(|setting| setting.unset) {
            Some(Unset::Value(value)) => value,
            Some(Unset::Words(_)) | None => "",
        };
        let found = self.0.get(name);
        let value = found.map_or(default, |found| &found.value);
        parse(value).ok_or_else(|| SettingsError::Invalid {
            found: found.map_or(name, |found| &found.place).to_owned(),
            expected: setting.map_or("", |setting| setting.expected),
            value: value.to_owned(),
        })
    }

    pub(super) fn read_optional<T>(
        &self,
        name: &'static str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, SettingsError> {
        if self.0.contains_key(name) { self.read(name, parse).map(Some) } else { Ok(None) }
    }
}

fn config_file(flags: &SettingFlags, environment: &Environment) -> Option<PathBuf> {
    let variable = || environment.0.get(std::ffi::OsStr::new(CONFIG)).filter(|path| !path.is_empty());
    flags.config.clone().or_else(|| variable().map(PathBuf::from))
}

fn from_environment(environment: &Environment) -> Result<Vec<(&'static str, Found)>, SettingsError> {
    let mut given = Vec::new();
    for (variable, value) in &environment.0 {
        let Some(variable) = variable.to_str().filter(|name| name.starts_with(PREFIX)) else {
            continue;
        };
        if variable == CONFIG || OF_OTHER_TOOLS.contains(&variable) {
            continue;
        }
        // Compared in capitals, so that `LATCHKEY_addr` is not silently a setting on some systems.
        let setting = SETTINGS.iter().find(|setting| setting.variable() == variable);
        let setting = setting.ok_or_else(|| SettingsError::UnknownVariable { name: variable.to_owned() })?;
        let value = value.to_str().ok_or_else(|| SettingsError::NotText(variable.to_owned()))?;
        given.push((setting.name, Found { value: value.to_owned(), place: variable.to_owned() }));
    }
    Ok(given)
}

fn from_file(path: &Path) -> Result<Vec<(&'static str, Found)>, SettingsError> {
    let text =
        std::fs::read_to_string(path).map_err(|source| SettingsError::Unreadable { path: path.to_owned(), source })?;
    let table = DeTable::parse(&text)
        .map_err(|source| SettingsError::NotToml { path: path.to_owned(), source: Box::new(source) })?;
    table.into_inner().iter().map(|(key, value)| from_key(path, &text, key, value)).collect()
}

fn from_key(
    path: &Path,
    text: &str,
    key: &Spanned<std::borrow::Cow<'_, str>>,
    value: &Spanned<DeValue<'_>>,
) -> Result<(&'static str, Found), SettingsError> {
    let before = text.get(..key.span().start).unwrap_or_default();
    let line = 1 + before.matches('\n').count();
    let (path, key) = (path.to_owned(), key.get_ref().to_string());
    let Some(setting) = Setting::find(&key) else {
        return Err(SettingsError::UnknownKey { path, line, key });
    };
    match as_text(value.get_ref()) {
        Ok(value) => {
            let place = format!("{}, line {line}, `{key}`", path.display());
            Ok((setting.name, Found { value, place }))
        }
        Err(found) => Err(SettingsError::WrongKind { path, line, key, found }),
    }
}

/// Every setting is read from text, so that a number means the same in a file and in a variable. The error is the name
/// of a kind that no setting has.
fn as_text(value: &DeValue<'_>) -> Result<String, &'static str> {
    match value {
        DeValue::String(text) => Ok(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Ok(number.as_str().to_owned()),
        DeValue::Array(values) => {
            let texts = values.iter().map(|value| as_text(value.get_ref()));
            Ok(texts.collect::<Result<Vec<_>, _>>()?.join(","))
        }
        DeValue::Integer(_) => Err("number that is not decimal"),
        DeValue::Float(_) => Err("number with a fraction"),
        DeValue::Boolean(_) => Err("boolean"),
        DeValue::Datetime(_) => Err("date or time"),
        DeValue::Table(_) => Err("table"),
    }
}
