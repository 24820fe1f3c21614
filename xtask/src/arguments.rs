//! The command line: a command, its flags, and after `--` what belongs to somebody else.

use crate::shell::Outcome;

/// One call of `cargo xtask`.
pub(crate) struct Arguments {
    /// The first word, `help` when there is none.
    pub(crate) command: String,
    /// What follows `--`, untouched.
    pub(crate) passed_on: Vec<String>,
    flags: Vec<String>,
}

impl Arguments {
    pub(crate) fn from_environment() -> Self {
        Self::parse(std::env::args().skip(1))
    }

    fn parse(mut words: impl Iterator<Item = String>) -> Self {
        let command = words.next().unwrap_or_else(|| "help".to_owned());
        let flags = words.by_ref().take_while(|word| word != "--").collect();
        Self { command, passed_on: words.collect(), flags }
    }

    pub(crate) fn has(&self, flag: &str) -> bool {
        self.flags.iter().any(|given| given == flag)
    }

    /// Refuses flags the command does not know, so that a typo never silently runs something else.
    pub(crate) fn allow(&self, known: &[&str]) -> Outcome<()> {
        match self.flags.iter().find(|given| !known.contains(&given.as_str())) {
            None => Ok(()),
            Some(flag) => {
                Err(format!("`{}` does not know `{flag}`; `cargo xtask help` lists what it knows.", self.command)
                    .into())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Arguments {
        Arguments::parse(words.iter().map(|word| (*word).to_owned()))
    }

    #[test]
    fn words_after_two_dashes_are_passed_on_untouched() {
        let arguments = parse(&["serve", "--release", "--", "--listen", "127.0.0.1:4000", "--"]);
        assert_eq!(arguments.command, "serve");
        assert!(arguments.has("--release"));
        assert_eq!(arguments.passed_on, ["--listen", "127.0.0.1:4000", "--"]);
    }

    #[test]
    fn a_flag_nobody_knows_is_refused() {
        assert!(parse(&["test", "--qiuck"]).allow(&["--quick"]).is_err());
        assert!(parse(&["test", "--quick"]).allow(&["--quick"]).is_ok());
    }

    #[test]
    fn no_words_ask_for_help() {
        assert_eq!(parse(&[]).command, "help");
    }
}
