//! The one list of settings. Flags, variables, keys of the file, `--help`, the example file and the table in
//! `docs/OPERATIONS.md` all come from here.

use std::fmt::Write as _;

/// One setting: `addr` in the file is `--addr` on the command line and `LATCHKEY_ADDR` in the environment.
#[derive(Debug)]
pub struct Setting {
    /// Its name in the file.
    pub name: &'static str,
    /// Its flag, without the dashes: the name with `-` for `_`.
    pub flag: &'static str,
    /// What its value is called in `--help`.
    pub value_name: &'static str,
    /// What it decides, in one line without a full stop.
    pub about: &'static str,
    /// What a value has to be, after the word "expected".
    pub expected: &'static str,
    /// What holds when it is not set.
    pub unset: Unset,
    /// What it stands at in the example file, as TOML.
    pub example: Example,
}

/// What holds when a setting is not set.
#[derive(Debug, Clone, Copy)]
pub enum Unset {
    /// This value.
    Value(&'static str),
    /// What these words say.
    Words(&'static str),
}

/// How a setting stands in the example file, which is for an installation by `packaging/INSTALL.md`.
#[derive(Debug, Clone, Copy)]
pub enum Example {
    /// In force.
    Set(&'static str),
    /// Behind a `#`, to be uncommented by whoever wants it.
    Shown(&'static str),
}

/// Every setting there is. None of them is a secret: secrets lie in files that a setting names.
pub const SETTINGS: [Setting; 23] = [
    Setting {
        name: "addr",
        flag: "addr",
        value_name: "ADDRESS:PORT",
        about: "Where to listen",
        expected: "an address and port like 127.0.0.1:3000",
        unset: Unset::Value("127.0.0.1:3000"),
        example: Example::Shown("\"127.0.0.1:3000\""),
    },
    Setting {
        name: "metrics_addr",
        flag: "metrics-addr",
        value_name: "ADDRESS:PORT",
        about: "Where Prometheus reads metrics, at /metrics. An address that only it can reach",
        expected: "an address and port like 127.0.0.1:9464",
        unset: Unset::Words("no metrics"),
        example: Example::Shown("\"127.0.0.1:9464\""),
    },
    Setting {
        name: "public_url",
        flag: "public-url",
        value_name: "URL",
        about: "Where browsers reach the dashboard; https turns on secure cookies and HSTS",
        expected: "http:// or https:// and a host, without a path, like https://keys.example.com",
        unset: Unset::Words("http:// and the address"),
        example: Example::Set("\"https://keys.example.com\""),
    },
    Setting {
        name: "api_url",
        flag: "api-url",
        value_name: "URL",
        about: "Where your API is, for the snippets",
        expected: "a URL like https://api.example.com",
        unset: Unset::Words("the public URL"),
        example: Example::Shown("\"https://api.example.com\""),
    },
    Setting {
        name: "product_name",
        flag: "product-name",
        value_name: "NAME",
        about: "What your product is called",
        expected: "1 to 100 printable characters",
        unset: Unset::Value("Latchkey"),
        example: Example::Shown("\"Example API\""),
    },
    Setting {
        name: "database_url",
        flag: "database-url",
        value_name: "URL",
        about: "Where the data is",
        expected: "sqlite: and a path",
        unset: Unset::Value("sqlite:data/latchkey.db"),
        example: Example::Set("\"sqlite:/var/lib/latchkey/latchkey.db\""),
    },
    Setting {
        name: "master_key_file",
        flag: "master-key-file",
        value_name: "FILE",
        about: "Where the master key is; made on first start, for its owner only. Back it up, apart from the database",
        expected: "a path",
        unset: Unset::Value("data/master.key"),
        example: Example::Set("\"/var/lib/latchkey/master.key\""),
    },
    Setting {
        name: "files_dir",
        flag: "files-dir",
        value_name: "DIRECTORY",
        about: "Where uploaded files are. Back it up with the database",
        expected: "a directory",
        unset: Unset::Value("data/files"),
        example: Example::Set("\"/var/lib/latchkey/files\""),
    },
    Setting {
        name: "largest_upload_mb",
        flag: "largest-upload-mb",
        value_name: "MEGABYTES",
        about: "How large an uploaded file may be",
        expected: "a number of megabytes from 1 to 1000000",
        unset: Unset::Value("100"),
        example: Example::Shown("100"),
    },
    Setting {
        name: "account_files_mb",
        flag: "account-files-mb",
        value_name: "MEGABYTES",
        about: "How large the files of one account may be together",
        expected: "a number of megabytes from 1 to 1000000",
        unset: Unset::Value("10000"),
        example: Example::Shown("10000"),
    },
    Setting {
        name: "waiting_uploads_mb",
        flag: "waiting-uploads-mb",
        value_name: "MEGABYTES",
        about: "How much may be on its way at once of uploads of which it is not known yet whose they are",
        expected: "a number of megabytes from 1 to 1000000",
        unset: Unset::Value("1000"),
        example: Example::Shown("1000"),
    },
    Setting {
        name: "sign_up",
        flag: "sign-up",
        value_name: "WHO",
        about: "Who may make an account: open, invite or closed",
        expected: "open, invite or closed",
        unset: Unset::Value("open"),
        example: Example::Set("\"closed\""),
    },
    Setting {
        name: "brand",
        flag: "brand",
        value_name: "WORD",
        about: "What stands before every key: acme makes acme_private_…. Choose before the first account",
        expected: "1 to 20 characters of a-z and 0-9, starting with a letter",
        unset: Unset::Words("nothing"),
        example: Example::Shown("\"acme\""),
    },
    Setting {
        name: "longest_overlap_days",
        flag: "longest-overlap-days",
        value_name: "DAYS",
        about: "How long an old pair may go on working after a roll",
        expected: "a number of days from 1 to 3650",
        unset: Unset::Value("30"),
        example: Example::Shown("30"),
    },
    Setting {
        name: "usage_days",
        flag: "usage-days",
        value_name: "DAYS",
        about: "For how many days it is kept who used a pair, addresses among it; with 0 it is not counted",
        expected: "a number of days from 0 to 3650",
        unset: Unset::Value("90"),
        example: Example::Shown("90"),
    },
    Setting {
        name: "site_root",
        flag: "site-root",
        value_name: "DIRECTORY",
        about: "Where the built pages are",
        expected: "a directory",
        unset: Unset::Words("site beside the program, or else target/site"),
        example: Example::Shown("\"/opt/latchkey/site\""),
    },
    Setting {
        name: "trusted_proxies",
        flag: "trusted-proxies",
        value_name: "ADDRESSES",
        about: "Proxies whose X-Forwarded-For is believed",
        expected: "addresses and ranges like 10.0.0.1, 192.168.7.0/24, separated by commas",
        unset: Unset::Words("none"),
        example: Example::Set("[\"127.0.0.1\", \"::1\"]"),
    },
    Setting {
        name: "failed_authentications_per_minute",
        flag: "failed-authentications-per-minute",
        value_name: "NUMBER",
        about: "How many keys and signatures that do not work an address may send a minute, five minutes' worth at once; 0 for any number",
        expected: "a number from 0 to 1000000",
        unset: Unset::Value("60"),
        example: Example::Shown("60"),
    },
    Setting {
        name: "account_requests",
        flag: "account-requests",
        value_name: "NUMBER",
        about: "How many requests the programs of one account may make in account_requests_seconds, of each process; 0 for any number",
        expected: "a number from 0 to 1000000",
        unset: Unset::Value("0"),
        example: Example::Shown("1000"),
    },
    Setting {
        name: "account_requests_seconds",
        flag: "account-requests-seconds",
        value_name: "SECONDS",
        about: "The interval that account_requests is about",
        expected: "a number of seconds from 1 to 3600",
        unset: Unset::Value("60"),
        example: Example::Shown("60"),
    },
    Setting {
        name: "stop_notice_seconds",
        flag: "stop-notice-seconds",
        value_name: "SECONDS",
        about: "How long after SIGTERM new connections are still accepted, so that a balancer can see /readyz turn",
        expected: "a number of seconds from 0 to 300",
        unset: Unset::Value("1"),
        example: Example::Shown("10"),
    },
    Setting {
        name: "log",
        flag: "log",
        value_name: "FILTER",
        about: "What is logged, like info or warn,server=debug",
        expected: "a filter like info or warn,server=debug",
        unset: Unset::Words("info for serve, warn for other commands"),
        example: Example::Shown("\"info\""),
    },
    Setting {
        name: "log_format",
        flag: "log-format",
        value_name: "FORMAT",
        about: "How it is written: text or json",
        expected: "text or json",
        unset: Unset::Value("text"),
        example: Example::Shown("\"json\""),
    },
];

impl Setting {
    /// The setting of this name.
    pub fn find(name: &str) -> Option<&'static Self> {
        SETTINGS.iter().find(|setting| setting.name == name)
    }

    /// Its name in the environment.
    pub fn variable(&self) -> String {
        format!("LATCHKEY_{}", self.name.to_uppercase())
    }

    /// Its line in `--help`.
    pub fn help(&self) -> String {
        let unset = match self.unset {
            Unset::Value(value) | Unset::Words(value) => value,
        };
        format!("{} [environment: {}; default: {unset}]", self.about, self.variable())
    }
}

/// The settings file that `packaging/INSTALL.md` begins with: every setting, with what it does and what holds without it.
pub fn example_file() -> String {
    let mut text = "\
# Settings of Latchkey. Read by `latchkey --config FILE` or with LATCHKEY_CONFIG=FILE in the environment.
# Flags are stronger than the environment, and that is stronger than this file. Unknown names are errors.
# `latchkey settings` prints what is in force, `latchkey serve --check` whether the program could start with it.
"
    .to_owned();
    for setting in &SETTINGS {
        let unset = match setting.unset {
            Unset::Value(value) => format!("`{value}`"),
            Unset::Words(words) => words.to_owned(),
        };
        let (mark, value) = match setting.example {
            Example::Set(value) => ("", value),
            Example::Shown(value) => ("# ", value),
        };
        let _ = write!(text, "\n# {}. Without it: {unset}.\n{mark}{} = {value}\n", setting.about, setting.name);
    }
    text
}
