//! Settings as flags.

use clap::Args;
use std::path::PathBuf;

/// Settings given on the command line; the strongest of the three sources. None of them is a secret: those never come
/// from here, because every process of the machine can read another's command line.
#[expect(clippy::doc_markdown, reason = "these comments are the help text, where backticks would be shown")]
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Settings")]
pub struct SettingFlags {
    /// A TOML file with settings [environment: LATCHKEY_CONFIG]
    #[arg(long, global = true, hide_short_help = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where to listen [environment: LATCHKEY_ADDR; default: 127.0.0.1:3000]
    #[arg(long, global = true, hide_short_help = true, value_name = "ADDRESS:PORT")]
    pub addr: Option<String>,
    /// Where the data is [environment: LATCHKEY_DATABASE_URL; default: sqlite:data/latchkey.db]
    #[arg(long, global = true, hide_short_help = true, value_name = "URL")]
    pub database_url: Option<String>,
    /// Where the master key is [environment: LATCHKEY_MASTER_KEY_FILE; default: data/master.key]
    #[arg(long, global = true, hide_short_help = true, value_name = "FILE")]
    pub master_key_file: Option<String>,
    /// Where the dashboard is reached [environment: LATCHKEY_PUBLIC_URL]
    #[arg(long, global = true, hide_short_help = true, value_name = "URL")]
    pub public_url: Option<String>,
    /// Where the company's API is reached [environment: LATCHKEY_API_URL]
    #[arg(long, global = true, hide_short_help = true, value_name = "URL")]
    pub api_url: Option<String>,
    /// What the company calls its product [environment: LATCHKEY_PRODUCT_NAME]
    #[arg(long, global = true, hide_short_help = true, value_name = "NAME")]
    pub product_name: Option<String>,
    /// Who may sign up: open, invite or closed [environment: LATCHKEY_SIGN_UP]
    #[arg(long, global = true, hide_short_help = true, value_name = "WHO")]
    pub sign_up: Option<String>,
    /// What stands before every key [environment: LATCHKEY_BRAND]
    #[arg(long, global = true, hide_short_help = true, value_name = "WORD")]
    pub brand: Option<String>,
    /// How long an old pair may go on working after a roll [environment: LATCHKEY_LONGEST_OVERLAP_DAYS; default: 30]
    #[arg(long, global = true, hide_short_help = true, value_name = "DAYS")]
    pub longest_overlap_days: Option<String>,
    /// Where the built pages are [environment: LATCHKEY_SITE_ROOT]
    #[arg(long, global = true, hide_short_help = true, value_name = "DIRECTORY")]
    pub site_root: Option<String>,
    /// Proxies whose X-Forwarded-For is believed [environment: LATCHKEY_TRUSTED_PROXIES]
    #[arg(long, global = true, hide_short_help = true, value_name = "ADDRESSES")]
    pub trusted_proxies: Option<String>,
    /// What is logged, like info or warn,server=debug [environment: LATCHKEY_LOG]
    #[arg(long, global = true, hide_short_help = true, value_name = "FILTER")]
    pub log: Option<String>,
    /// How it is written: text or json [environment: LATCHKEY_LOG_FORMAT]
    #[arg(long, global = true, hide_short_help = true, value_name = "FORMAT")]
    pub log_format: Option<String>,
}

impl SettingFlags {
    /// Every flag by its setting's name: the list of all settings there are.
    pub(super) fn by_name(&self) -> [(&'static str, Option<&String>); 13] {
        [
            ("addr", self.addr.as_ref()),
            ("database_url", self.database_url.as_ref()),
            ("master_key_file", self.master_key_file.as_ref()),
            ("public_url", self.public_url.as_ref()),
            ("api_url", self.api_url.as_ref()),
            ("product_name", self.product_name.as_ref()),
            ("sign_up", self.sign_up.as_ref()),
            ("brand", self.brand.as_ref()),
            ("longest_overlap_days", self.longest_overlap_days.as_ref()),
            ("site_root", self.site_root.as_ref()),
            ("trusted_proxies", self.trusted_proxies.as_ref()),
            ("log", self.log.as_ref()),
            ("log_format", self.log_format.as_ref()),
        ]
    }
}
