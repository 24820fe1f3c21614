//! Running other programs: every step says what it does before and how long it took after, and a program that
//! fails becomes one sentence.

use std::ffi::OsStr;
use std::fmt;
use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::{tools, workspace};

/// Why xtask stops: a sentence for the person at the terminal that says what to do.
#[derive(Debug)]
pub(crate) struct Failure(String);

pub(crate) type Outcome<T> = Result<T, Failure>;

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<String> for Failure {
    fn from(sentence: String) -> Self {
        Self(sentence)
    }
}

impl From<&str> for Failure {
    fn from(sentence: &str) -> Self {
        Self(sentence.to_owned())
    }
}

/// Adds what was being attempted to an error that only names its cause.
pub(crate) trait Attempt<T> {
    fn attempt(self, what: impl fmt::Display) -> Outcome<T>;
}

impl<T, E: fmt::Display> Attempt<T> for Result<T, E> {
    fn attempt(self, what: impl fmt::Display) -> Outcome<T> {
        self.map_err(|cause| Failure(format!("could not {what}: {cause}")))
    }
}

/// Announces a step, runs it, and says how long it took.
pub(crate) fn step<T>(what: &str, work: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    eprintln!("==> {what}");
    let started = Instant::now();
    let result = work();
    let verdict = if result.is_ok() { "done" } else { "failed" };
    eprintln!("    {verdict} after {}", in_words(started.elapsed()));
    result
}

/// `0.4 s`, `12.3 s`, `3 min 05 s`.
pub(crate) fn in_words(took: Duration) -> String {
    let seconds = took.as_secs();
    if seconds < 60 {
        format!("{:.1} s", took.as_secs_f64())
    } else {
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    }
}

/// A program about to be run in the workspace's root, with Latchkey's own tools first on its PATH.
pub(crate) struct Program {
    command: Command,
    name: String,
}

impl Program {
    pub(crate) fn new(program: impl AsRef<OsStr>) -> Self {
        let name = Path::new(program.as_ref())
            .file_name()
            .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let mut command = Command::new(program.as_ref());
        command.current_dir(workspace::root()).env("PATH", tools::search_path());
        forget_our_own_build(&mut command);
        Self { command, name }
    }

    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    pub(crate) fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.command.args(args);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn envs(mut self, pairs: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        self.command.envs(pairs);
        self
    }

    pub(crate) fn without_env(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    pub(crate) fn directory(mut self, directory: &Path) -> Self {
        self.command.current_dir(directory);
        self
    }

    /// Runs it with its output going straight to the terminal. The person sees the program's own words,
    /// so the failure only has to say which program it was.
    pub(crate) fn run(mut self) -> Outcome<()> {
        // A program that waits for an answer would hang a machine without a keyboard.
        self.command.stdin(Stdio::null());
        let status = self.command.status().attempt(format!("start `{}`", self.name))?;
        if status.success() { Ok(()) } else { Err(self.failed(status)) }
    }

    /// Runs it and returns what it printed; both streams stay off the terminal unless it fails.
    pub(crate) fn output(mut self) -> Outcome<String> {
        self.command.stdin(Stdio::null());
        let output = self.command.output().attempt(format!("start `{}`", self.name))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(Failure(format!("{}\n{}", self.failed(output.status), said.trim_end())))
    }

    /// Runs it with `text` as its input and returns what it printed.
    pub(crate) fn input(mut self, text: &str) -> Outcome<String> {
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = self.command.spawn().attempt(format!("start `{}`", self.name))?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(text.as_bytes()).attempt(format!("tell `{}` something", self.name))?;
        }
        let output = child.wait_with_output().attempt(format!("wait for `{}`", self.name))?;
        if !output.status.success() {
            return Err(self.failed(output.status));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Runs it, shows every line it prints, and hands each to `listen` as well.
    pub(crate) fn listen(mut self, mut listen: impl FnMut(&str)) -> Outcome<()> {
        self.command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = self.command.spawn().attempt(format!("start `{}`", self.name))?;
        let stdout = child.stdout.take().ok_or_else(|| Failure(format!("`{}` has no output", self.name)))?;
        for line in BufReader::new(stdout).split(b'\n') {
            let line = line.attempt(format!("read what `{}` prints", self.name))?;
            let line = String::from_utf8_lossy(&line);
            println!("{line}");
            listen(&line);
        }
        let status = child.wait().attempt(format!("wait for `{}`", self.name))?;
        if status.success() { Ok(()) } else { Err(self.failed(status)) }
    }

    /// Becomes the program, so that signals, the exit code and the terminal are the program's own.
    #[cfg(unix)]
    pub(crate) fn become_it(mut self) -> Failure {
        use std::os::unix::process::CommandExt as _;
        let cause = self.command.exec();
        Failure(format!("could not start `{}`: {cause}", self.name))
    }

    fn failed(&self, status: std::process::ExitStatus) -> Failure {
        let line = self.command.get_args().map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ");
        Failure(format!("`{} {line}` failed ({status}).", self.name))
    }
}

/// `cargo run` describes xtask's own package in the environment. Passed on, it could reach build scripts of
/// other packages and make cargo rebuild what a plain `cargo build` had just built.
fn forget_our_own_build(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let ours = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"];
        if ours.iter().any(|prefix| text.starts_with(prefix)) {
            command.env_remove(&name);
        }
    }
}

/// The first executable of that name on the search path.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    std::env::split_paths(&tools::search_path()).map(|directory| directory.join(program)).find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_a_person_would_say_them() {
        assert_eq!(in_words(Duration::from_millis(340)), "0.3 s");
        assert_eq!(in_words(Duration::from_secs(185)), "3 min 05 s");
    }

    #[test]
    fn a_program_that_fails_is_a_failure_that_names_it() {
        let failure = Program::new("false").run().expect_err("`false` fails");
        assert!(failure.to_string().contains("`false"), "{failure}");
    }

    #[test]
    fn a_program_that_prints_is_heard_line_by_line() {
        let mut heard = Vec::new();
        Program::new("printf").arg("one\\ntwo\\n").listen(|line| heard.push(line.to_owned())).expect("printf works");
        assert_eq!(heard, ["one", "two"]);
    }
}
