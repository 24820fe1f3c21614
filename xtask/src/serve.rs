//! `cargo xtask serve`: from a fresh clone to a running Latchkey.

use std::process::ExitCode;

use crate::arguments::Arguments;
use crate::leptos::{self, Build, Profile};
use crate::report;
use crate::shell::{Outcome, Program};
use crate::tools::{self, Needs};

pub(crate) fn run(arguments: &Arguments) -> Outcome<ExitCode> {
    arguments.allow(&["--release"])?;
    let (profile, needs) = match arguments.has("--release") {
        true => (Profile::Release, Needs::RELEASE_BUILD),
        false => (Profile::Debug, Needs::DEBUG_BUILD),
    };
    tools::prepare(needs)?;
    let build = leptos::build(profile, leptos::site_root()?)?;
    if profile == Profile::Release {
        report::sizes(&build.site_root)?;
    }
    serve(&build, &arguments.passed_on)
}

/// Runs in the foreground. Latchkey itself makes its data directory and says where it listens.
#[cfg(unix)]
fn serve(build: &Build, passed_on: &[String]) -> Outcome<ExitCode> {
    Err(server(build, passed_on).become_it())
}

#[cfg(not(unix))]
fn serve(build: &Build, passed_on: &[String]) -> Outcome<ExitCode> {
    server(build, passed_on).run().map(|()| ExitCode::SUCCESS)
}

fn server(build: &Build, passed_on: &[String]) -> Program {
    Program::new(&build.binary).arg("serve").args(passed_on).env("LATCHKEY_SITE_ROOT", &build.site_root)
}
