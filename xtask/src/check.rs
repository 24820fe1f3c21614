//! `cargo xtask check`: everything that can be said about the code without running it.

use std::process::ExitCode;

use crate::arguments::Arguments;
use crate::crates::{self, Place, Unit};
use crate::shell::{Outcome, Program, step};
use crate::tally::Tally;
use crate::tools::{self, Needs};
use crate::{arrows, browser, gates, promises, report, workspace};

/// Goes on after a failure: whoever mends things wants to know all of them.
pub(crate) fn run(arguments: &Arguments) -> Outcome<ExitCode> {
    arguments.allow(&[])?;
    let tally = match tools::prepare(Needs::CHECKS) {
        Ok(()) => everything(),
        Err(failure) => report::one_failure(&failure),
    };
    println!("{tally}");
    Ok(if tally.is_green() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The quick checks first.
fn everything() -> Tally {
    let mut total = Tally::default();
    total.add(check("Formatting", || Program::new("cargo").args(["fmt", "--all", "--check"]).run()));
    total.add(check("Arrows between crates", || no_complaints(arrows::violations(workspace::metadata()?))));
    total.add(check("Habits of app", || no_complaints(gates::violations()?)));
    total.add(check("Promises and their tests", || no_complaints(promises::without_test()?)));
    total.add(check("Stylesheets", stylesheets));
    for unit in crates::ALL {
        total.add(check(&format!("Clippy: {}", unit.name()), || clippy(unit)));
    }
    for unit in crates::ALL.into_iter().filter(|unit| unit.place != Place::Browser) {
        total.add(check(&format!("Documentation: {}", unit.name()), || documentation(unit)));
    }
    raise_alarms();
    total
}

fn check(what: &str, work: impl FnOnce() -> Outcome<()>) -> Tally {
    match step(what, work) {
        Ok(()) => Tally::PASSED,
        Err(failure) => report::one_failure(&failure),
    }
}

fn no_complaints(complaints: Vec<String>) -> Outcome<()> {
    if complaints.is_empty() { Ok(()) } else { Err(complaints.join("\n    ").into()) }
}

fn stylesheets() -> Outcome<()> {
    Program::new(browser::directory().join("node_modules/.bin/stylelint"))
        .args(["--config", ".stylelintrc.json", "--config-basedir", "end2end"])
        .args(["--max-warnings", "0", "style/**/*.css"])
        .run()
}

fn clippy(unit: Unit) -> Outcome<()> {
    // In the browser there are no tests to compile; the test harness is the server's.
    let targets: &[&str] = if unit.place == Place::Browser { &[] } else { &["--all-targets"] };
    unit.cargo("clippy")?.arg("--no-deps").args(targets).args(["--", "-D", "warnings"]).run()
}

fn documentation(unit: Unit) -> Outcome<()> {
    unit.cargo("doc")?.args(["--no-deps", "--document-private-items"]).env("RUSTDOCFLAGS", "-D warnings").run()
}

/// Alarms, not laws: a long file is a question to whoever wrote it.
fn raise_alarms() {
    for alarm in gates::long_files().unwrap_or_default() {
        eprintln!("    worth a look: {alarm}");
    }
}
