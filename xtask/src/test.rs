//! `cargo xtask test`: every test there is, and the one line that says how it went.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::arguments::Arguments;
use crate::bench::instructions;
use crate::crates::{self, Place, Unit};
use crate::leptos::{self, Build, Profile};
use crate::shell::{Attempt as _, Outcome, Program, step};
use crate::tally::{self, Tally};
use crate::tools::{self, Needs};
use crate::{archive, browser, report, workspace};

/// What a person asked for.
#[derive(Clone, Copy)]
struct Choice {
    rust: bool,
    browser: bool,
    quick: bool,
    deep: bool,
}

impl Choice {
    fn of(arguments: &Arguments) -> Outcome<Self> {
        arguments.allow(&["--quick", "--deep", "--rust", "--browser"])?;
        let (rust, browser) = (arguments.has("--rust"), arguments.has("--browser"));
        let both = rust == browser;
        Ok(Self {
            rust: rust || both,
            browser: browser || both,
            quick: arguments.has("--quick"),
            deep: arguments.has("--deep"),
        })
    }

    fn needs(self) -> Needs {
        if self.browser { Needs::EVERYTHING } else { Needs { python: true, ..Needs::NOTHING } }
    }
}

/// Always ends with the count, whatever happened before.
pub(crate) fn run(arguments: &Arguments) -> Outcome<ExitCode> {
    let choice = Choice::of(arguments)?;
    let tally = match tools::prepare(choice.needs()) {
        Ok(()) => everything(choice),
        Err(failure) => report::one_failure(&failure),
    };
    println!("{tally}");
    Ok(if tally.is_green() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn everything(choice: Choice) -> Tally {
    let mut total = Tally::default();
    if choice.rust {
        for unit in crates::ALL.into_iter().filter(|unit| unit.place != Place::Browser) {
            total.add(rust_tests(unit, choice.deep));
        }
    }
    if choice.rust && choice.deep {
        total.add(crate::fuzz::every_target());
    }
    if choice.browser {
        total.add(browser_stories(Profile::Release));
        if !choice.quick {
            total.add(browser_stories(Profile::Debug));
        }
    }
    total
}

fn rust_tests(unit: Unit, deep: bool) -> Tally {
    let mut tally = Tally::default();
    let ended = step(&format!("Testing {}", unit.name()), || {
        let program = unit.cargo("test")?.arg("--no-fail-fast").envs(test_environment(deep)?);
        program.listen(|line| tally.add(tally::of_cargo_test(line).unwrap_or_default()))
    });
    if let Err(failure) = &ended {
        eprintln!("    {failure}");
    }
    tally.and_ended(ended.is_ok())
}

/// `LATCHKEY_PYTHON` runs the dashboard's Python snippet, `LATCHKEY_NGINX` and `LATCHKEY_CADDY` its configurations. `--deep` lets generated tests try far more cases, and
/// plays slow clients with slowhttptest.
fn test_environment(deep: bool) -> Outcome<Vec<(&'static str, String)>> {
    let mut variables = vec![
        ("LATCHKEY_PYTHON", tools::python()?.display().to_string()),
        ("LATCHKEY_NGINX", tools::nginx()?.display().to_string()),
        ("LATCHKEY_CADDY", tools::caddy()?.display().to_string()),
    ];
    if deep {
        tools::slowhttptest()?;
        variables.push(("LATCHKEY_TEST_DEEP", "1".to_owned()));
        variables.push(("PROPTEST_CASES", "20000".to_owned()));
    }
    Ok(variables)
}

/// The stories in end2end, against a finished build. They start their own servers, on free ports.
fn browser_stories(profile: Profile) -> Tally {
    stories_against(profile).unwrap_or_else(|failure| report::one_failure(&failure))
}

fn stories_against(profile: Profile) -> Outcome<Tally> {
    // A directory of its own: the site of a server that somebody left running stays untouched.
    let site_root = workspace::target_directory()?.join("test-site").join(profile.name());
    let build = leptos::build(profile, site_root)?;
    let mut tally = weighed(profile, &build.site_root);
    if profile == Profile::Release {
        report::sizes(&build.site_root)?;
        tally.add(archive::stories(&build));
        tally.add(instructions::test(&build));
    }
    let report_path = workspace::target_directory()?.join(format!("stories-{}.json", profile.name()));
    // An old report must never be counted for a run that wrote none.
    let _ = fs::remove_file(&report_path);
    let ended = step(&format!("Browser stories ({} build)", profile.name()), || {
        playwright(profile, &build, &report_path)?.run()
    });
    let written = fs::read_to_string(&report_path).attempt("read the report of the browser stories")?;
    tally.add(tally::of_playwright(&written)?.and_ended(ended.is_ok()));
    Ok(tally)
}

/// The first count of a build: whether what it makes a browser download keeps to its budget. A debug build has none.
fn weighed(profile: Profile, site_root: &Path) -> Tally {
    match profile {
        Profile::Release => report::budget(site_root),
        Profile::Debug => Tally::default(),
    }
}

fn playwright(profile: Profile, build: &Build, report: &Path) -> Outcome<Program> {
    let program: PathBuf = browser::directory().join("node_modules/.bin/playwright");
    Ok(Program::new(program)
        .args(["test", "--reporter=list,json"])
        .directory(&browser::directory())
        .env("PLAYWRIGHT_JSON_OUTPUT_FILE", report)
        .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")
        .env("LATCHKEY_BIN", &build.binary)
        .env("LATCHKEY_SITE_ROOT", &build.site_root)
        .env("LATCHKEY_BUILD", profile.name())
        .env("LATCHKEY_CHROMIUM", browser::chromium()?)
        .env("LATCHKEY_PYTHON", tools::python()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A site whose WASM weighs this much on its way to a browser.
    fn site(bytes: usize) -> PathBuf {
        let root = std::env::temp_dir().join(format!("latchkey-weight-{}-{bytes}", std::process::id()));
        fs::create_dir_all(root.join("pkg")).expect("created");
        fs::write(root.join("pkg/latchkey.x.wasm.br"), vec![0; bytes]).expect("written");
        root
    }

    #[test]
    fn wasm_past_its_budget_is_a_failure_in_the_count_of_the_run() {
        for (bytes, expected) in
            [(1, Tally::PASSED), (180_000, Tally::PASSED), (180_001, Tally::FAILED), (0, Tally::FAILED)]
        {
            let root = site(bytes);
            let counted = [weighed(Profile::Release, &root), weighed(Profile::Debug, &root)];
            let _ = fs::remove_dir_all(&root);
            assert_eq!(counted, [expected, Tally::default()], "{bytes}");
        }
    }
}
