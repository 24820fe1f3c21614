//! `cargo xtask`: gets the tools, builds, serves, tests and checks Latchkey.
//!
//! Here lives everything that must happen *around* the product so that one command works in a fresh clone.
//! Nothing of the product lives here, and the product never depends on this crate.
#![forbid(unsafe_code)]
#![expect(
    clippy::disallowed_methods,
    reason = "the bans keep the product's clock, entropy and environment injectable; a build tool reads its own"
)]

mod archive;
mod arguments;
mod arrows;
mod bench;
mod browser;
mod check;
mod crates;
mod debian;
mod dist;
mod fuzz;
mod gates;
mod leptos;
mod lock;
mod promises;
mod report;
mod serve;
mod shell;
mod tally;
mod test;
mod tools;
mod wasm_std;
mod workspace;
mod wrk;

use std::process::ExitCode;

use arguments::Arguments;
use shell::Outcome;
use tools::Needs;

/// What `cargo xtask help` prints. Kept as one text so that it reads as one.
const HELP: &str = "\
cargo xtask COMMAND

  serve [--release] [-- ARGS]   build Latchkey and run it; ARGS go to `latchkey serve`
  test [--quick] [--deep]       run every test, then print `N passed, M failed`
       [--rust] [--browser]     --quick: browser stories against the release build only
                                --deep: many more generated cases and crashes, fuzzing, and
                                slowhttptest for four minutes; hours in all
                                --rust, --browser: one half only
  check                         formatting, lints, docs, stylesheets, and the arrows between crates
  bench [--keys] [--instructions] [--authentication] [--requests] [--index] [--uploads] [--search] [--bulk-roll]
                                what a key costs, authenticating with it beside a bare look-up and in instructions, a
                                request beside a bare axum route, a million keys, an upload beside a bare sink, and what
                                searching 100,000 accounts and rolling 10,000 takes; takes a quiet machine
  dist                          the release build as one archive, for machines without Rust: target/dist
  setup                         get every tool the commands above need, and stop
  help                          this text

What is missing is fetched once, into a directory of Latchkey's own; LATCHKEY_TOOLS_DIR moves it.
LATCHKEY_RUST_SRC names a directory or .tar.xz with Rust's `library/`, for machines without a network.
LATCHKEY_CHROMIUM names the browser for the stories.";

fn main() -> ExitCode {
    let arguments = Arguments::from_environment();
    match run(&arguments) {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("\nxtask: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Outcome<ExitCode> {
    match arguments.command.as_str() {
        "serve" => serve::run(arguments),
        "test" => test::run(arguments),
        "check" => check::run(arguments),
        "bench" => bench::run(arguments),
        "dist" => dist::run(arguments),
        "setup" => setup(arguments),
        "help" | "--help" | "-h" => {
            println!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        other => Err(format!("there is no command `{other}`; `cargo xtask help` lists them.").into()),
    }
}

fn setup(arguments: &Arguments) -> Outcome<ExitCode> {
    arguments.allow(&[])?;
    tools::prepare(Needs::EVERYTHING)?;
    println!("Everything is here. `cargo xtask serve` runs Latchkey.");
    Ok(ExitCode::SUCCESS)
}
