//! Settings as flags.

use super::table::SETTINGS;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};
use std::path::PathBuf;

const CONFIG: &str = "config";

/// Settings given on the command line; the strongest of the three sources. None of them is a secret: those never come
/// from here, because every process of the machine can read another's command line.
///
/// Not derived: the flags are the rows of [`SETTINGS`].
#[derive(Debug, Clone, Default)]
pub struct SettingFlags {
    /// The settings file.
    pub config: Option<PathBuf>,
    /// Settings by their names.
    pub given: Vec<(&'static str, String)>,
}

impl Args for SettingFlags {
    fn augment_args(command: Command) -> Command {
        let config = flag(CONFIG, "FILE")
            .help("A TOML file with settings [environment: LATCHKEY_CONFIG]")
            .value_parser(clap::value_parser!(PathBuf));
        let settings = SETTINGS.iter().map(|setting| flag(setting.flag, setting.value_name).help(setting.help()));
        command.arg(config).args(settings)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

/// May stand before and after the command; listed by `--help` and not by `-h`.
fn flag(name: &'static str, value_name: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value_name).global(true).hide_short_help(true).help_heading("Settings")
}

impl FromArgMatches for SettingFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given = SETTINGS.iter().filter_map(|setting| {
            let value: &String = matches.get_one(setting.flag)?;
            Some((setting.name, value.clone()))
        });
        Ok(Self { config: matches.get_one(CONFIG).cloned(), given: given.collect() })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
