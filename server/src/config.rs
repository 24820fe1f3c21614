//! What the operator decides, from flags, environment and one file, in that order of strength.
//!
//! The only place of the project that reads the environment. Every setting has one name: `addr` in the file is `--addr`
//! on the command line and `LATCHKEY_ADDR` in the environment. Unknown names are errors: a setting that was mistyped and
//! silently ignored is how an installation ends up open.

mod address;
mod flags;
mod sources;
mod table;

pub use address::PublicUrl;
pub use flags::SettingFlags;
pub use sources::{Environment, Found, Given, SettingsError};
pub use table::{Example, SETTINGS, Setting, Unset, example_file};

use backend::{MEGABYTE, Policy, SignUp};
use domain::{Brand, Duration};
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration as StdDuration;

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for programs.
    Json,
}

/// Everything the operator decides. What each setting means is told in `docs/OPERATIONS.md`.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where to listen.
    pub addr: SocketAddr,
    /// Where metrics are read; `None` for nowhere.
    pub metrics_addr: Option<SocketAddr>,
    /// Where the data is.
    pub database_url: String,
    /// Where the master key is.
    pub master_key_file: PathBuf,
    /// Where uploaded files are.
    pub files_dir: PathBuf,
    /// Where the dashboard is reached; `None` for wherever the process listens.
    pub public_url: Option<PublicUrl>,
    /// Where the company's API is reached, without a trailing slash; `None` for the public URL.
    pub api_url: Option<String>,
    /// What the company calls its product.
    pub product_name: String,
    /// What use cases need to know.
    pub policy: Policy,
    /// Where the built pages and assets are; `None` for wherever [`crate::site::root`] finds them.
    pub site_root: Option<PathBuf>,
    /// Whose word about the caller's address is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// How long the process goes on accepting connections after it was asked to stop.
    pub stop_notice: StdDuration,
    /// What is logged; `None` for the default of the command.
    pub log: Option<String>,
    /// How it is written.
    pub log_format: LogFormat,
}

impl Settings {
    /// Puts the settings together. Every error is a sentence that names the setting, and where it was found.
    pub fn load(flags: &SettingFlags, environment: &Environment) -> Result<Self, SettingsError> {
        let given = Given::collect(flags, environment)?;
        Ok(Self {
            addr: given.read("addr", |text| text.parse().ok())?,
            metrics_addr: given.read_optional("metrics_addr", |text| text.parse().ok())?,
            database_url: given.text("database_url")?,
            master_key_file: given.text("master_key_file")?.into(),
            files_dir: given.text("files_dir")?.into(),
            public_url: given.read_optional("public_url", PublicUrl::parse)?,
            api_url: given.read_optional("api_url", address::parse_api_url)?,
            product_name: given.read("product_name", product_name)?,
            policy: Policy {
                brand: given.read("brand", brand)?,
                sign_up: given.read("sign_up", sign_up)?,
                longest_overlap: given.read("longest_overlap_days", days)?,
                largest_upload_bytes: given.read("largest_upload_mb", megabytes)?,
                account_files_bytes: given.read("account_files_mb", megabytes)?,
                waiting_uploads_bytes: given.read("waiting_uploads_mb", megabytes)?,
                failed_authentications_per_minute: given.read("failed_authentications_per_minute", count)?,
                account_requests: given.read("account_requests", count)?,
                account_requests_interval: given.read("account_requests_seconds", interval)?,
                usage_days: given.read("usage_days", usage_days)?,
            },
            site_root: given.read_optional("site_root", |text| Some(text.into()))?,
            trusted_proxies: given.read("trusted_proxies", networks)?,
            stop_notice: given.read("stop_notice_seconds", seconds)?,
            log: given.read_optional("log", crate::logging::check_directive)?,
            log_format: given.read("log_format", log_format)?,
        })
    }
}

fn product_name(text: &str) -> Option<String> {
    let fits = (1..=100).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    fits.then(|| text.to_owned())
}

fn brand(text: &str) -> Option<Brand> {
    if text.is_empty() { Some(Brand::none()) } else { Brand::parse(text).ok() }
}

fn sign_up(text: &str) -> Option<SignUp> {
    match text {
        "open" => Some(SignUp::Open),
        "invite" => Some(SignUp::Invite),
        "closed" => Some(SignUp::Closed),
        _ => None,
    }
}

fn days(text: &str) -> Option<Duration> {
    text.parse().ok().filter(|days| (1..=3_650).contains(days)).map(Duration::days)
}

fn usage_days(text: &str) -> Option<u32> {
    text.parse().ok().filter(|days| (0..=3_650).contains(days))
}

fn megabytes(text: &str) -> Option<u64> {
    text.parse().ok().filter(|megabytes| (1..=1_000_000).contains(megabytes)).map(|megabytes: u64| megabytes * MEGABYTE)
}

fn count(text: &str) -> Option<u32> {
    text.parse().ok().filter(|count| (0..=1_000_000).contains(count))
}

fn interval(text: &str) -> Option<StdDuration> {
    text.parse().ok().filter(|seconds| (1..=3_600).contains(seconds)).map(StdDuration::from_secs)
}

fn seconds(text: &str) -> Option<StdDuration> {
    text.parse().ok().filter(|seconds| (0..=300).contains(seconds)).map(StdDuration::from_secs)
}

fn networks(text: &str) -> Option<Vec<IpNet>> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(network).collect()
}

/// An address, or a range whose address is its first one: `10.0.0.1/8` is a typing error, and either reading of it would
/// be a guess. The range of everybody would let every caller choose their own address.
fn network(text: &str) -> Option<IpNet> {
    let single = || text.parse::<IpAddr>().ok().map(|address| IpNet::from(address.to_canonical()));
    let range = || text.parse::<IpNet>().ok().filter(|range| range.trunc() == *range && range.prefix_len() > 0);
    single().or_else(range)
}

fn log_format(text: &str) -> Option<LogFormat> {
    match text {
        "text" => Some(LogFormat::Text),
        "json" => Some(LogFormat::Json),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
