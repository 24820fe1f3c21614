//! `cargo xtask bench`: what a key costs (criterion), what authenticating costs beside a bare look-up (wrk) and in instructions,
//! what a page costs beside a bare axum route, what a million keys cost, what an upload costs beside a bare sink, and what admins
//! and operators wait for in a large installation: searching a hundred thousand accounts, rolling ten thousand.
//!
//! Figures of different runs and machines do not compare, ratios of one run do: the bare route and Latchkey are asked in
//! turns, the server on one core and the load on another, and the median of the rounds is what is printed.

mod authentication;
mod index;
pub(crate) mod instructions;
mod uploads;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};

use crate::arguments::Arguments;
use crate::leptos::{self, Build, Profile};
use crate::shell::{Attempt as _, Outcome, Program, find, step};
use crate::tools::{self, Needs};
use crate::workspace;
use crate::wrk::{self, Measured};

const PARTS: [&str; 8] =
    ["--keys", "--instructions", "--authentication", "--requests", "--index", "--uploads", "--search", "--bulk-roll"];
const ROUNDS: usize = 5;
const SECONDS: u32 = 8;
const PASSWORD: &str = "a long walk along the quiet river";
const EMAIL: &str = "owner@example.com";

pub(crate) fn run(arguments: &Arguments) -> Outcome<ExitCode> {
    arguments.allow(&PARTS)?;
    let nothing_named = !PARTS.iter().any(|part| arguments.has(part));
    let asked_for = |part: &str| nothing_named || arguments.has(part);
    if asked_for("--keys") {
        step("Measuring what a key costs", || {
            Program::new("cargo").args(["bench", "--package", "backend", "--bench", "keys"]).run()
        })?;
    }
    if asked_for("--instructions") {
        instructions::count(&program()?)?;
    }
    if asked_for("--authentication") {
        wrk::ensure()?;
        tools::require("taskset", "Debian's package util-linux has it.")?;
        authentication::measure()?;
    }
    if asked_for("--search") {
        deep_test(
            "Searching 100,000 accounts",
            "store-sqlite",
            "search",
            "searching_a_hundred_thousand_accounts_is_measured",
        )?;
    }
    if asked_for("--bulk-roll") {
        let test = "bulk_rolls::ten_thousand_accounts_are_rolled_within_a_minute_beside_programs_that_authenticate";
        deep_test("Rolling 10,000 accounts beside programs that authenticate", "server", "disasters", test)?;
    }
    if asked_for("--requests") {
        tools::prepare(Needs::RELEASE_BUILD)?;
        wrk::ensure()?;
        for program in ["curl", "taskset"] {
            tools::require(program, "Debian's packages of the same names (taskset: util-linux) have it.")?;
        }
        measure_requests()?;
    }
    if asked_for("--index") {
        wrk::ensure()?;
        tools::require("taskset", "Debian's package util-linux has it.")?;
        index::measure()?;
    }
    if asked_for("--uploads") {
        tools::require("taskset", "Debian's package util-linux has it.")?;
        uploads::measure()?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A deep test that prints what it measured, of a debug build: it has the stage that the figures need.
fn deep_test(what: &str, package: &str, program: &str, test: &str) -> Outcome<()> {
    step(what, || {
        let mut measured = false;
        let cargo = Program::new("cargo").args(["test", "--package", package, "--test", program, "--"]);
        let cargo = cargo.args(["--exact", test, "--nocapture"]).env("LATCHKEY_TEST_DEEP", "1");
        cargo.listen(|line| measured |= line.contains("1 passed"))?;
        // A test that was renamed measures nothing, and cargo is content.
        if measured { Ok(()) } else { Err(format!("there is no test {test}").into()) }
    })
}

fn measure_requests() -> Outcome<()> {
    let build = leptos::build(Profile::Release, leptos::site_root()?)?;
    let bare = build_example("bare_route")?;
    let home = new_home("requests")?;
    let key = make_account(&build, &home)?.private_key;
    let bare = Serving::start(Command::new(&bare))?;
    let serve = latchkey(&build, &home);
    let latchkey = Serving::start(serve)?;
    let cookie = sign_in(&latchkey.url, &home)?;

    let with_key = vec![format!("Authorization: Bearer {key}")];
    let asked = [
        Asked::new("a bare axum route", &bare.url, "/v1/account", vec![]),
        Asked::new("GET /v1/account", &latchkey.url, "/v1/account", with_key),
        Asked::new("the sign-in page", &latchkey.url, "/sign-in", vec![]),
        Asked::new("the developers tab", &latchkey.url, "/dashboard/developers", vec![format!("Cookie: {cookie}")]),
    ];
    let mut measured: Vec<Vec<Measured>> = vec![Vec::new(); asked.len()];
    step(&format!("Measuring requests: {ROUNDS} rounds, {SECONDS} s each"), || {
        for _ in 0..ROUNDS {
            for (asked, into) in asked.iter().zip(&mut measured) {
                into.push(wrk::run(SECONDS, &asked.url, &asked.headers, load_core())?);
            }
        }
        Ok(())
    })?;
    report(&asked, &measured);
    println!("\nMemory of Latchkey afterwards: {}", latchkey.memory().unwrap_or_else(|| "unknown".to_owned()));
    Ok(())
}

/// An empty directory for what is served.
fn new_home(name: &str) -> Outcome<PathBuf> {
    let home = workspace::target_directory()?.join("bench").join(name);
    let _ = fs::remove_dir_all(&home);
    fs::create_dir_all(&home).attempt(format!("make {}", home.display()))?;
    Ok(home)
}

/// The command that serves what lies in `home`.
fn latchkey(build: &Build, home: &Path) -> Command {
    let mut serve = Command::new(&build.binary);
    serve.args(["serve", "--addr", "127.0.0.1:0"]).env("LATCHKEY_SITE_ROOT", &build.site_root).current_dir(home);
    serve
}

/// One address that is asked for again and again.
struct Asked {
    name: &'static str,
    url: String,
    headers: Vec<String>,
}

impl Asked {
    fn new(name: &'static str, origin: &str, path: &str, headers: Vec<String>) -> Self {
        Self { name, url: format!("{origin}{path}"), headers }
    }
}

fn report(asked: &[Asked], measured: &[Vec<Measured>]) {
    let per_second = |runs: &[Measured]| median(runs.iter().map(|run| run.per_second));
    let p99 = |runs: &[Measured]| median(runs.iter().map(|run| run.p99_ms));
    let (bare_per_second, bare_p99) = (per_second(&measured[0]), p99(&measured[0]));
    println!("\n| asked for | requests a second | of the bare route | p50 | p99 | of the bare route's p99 |");
    println!("|---|---|---|---|---|---|");
    for (asked, runs) in asked.iter().zip(measured) {
        println!(
            "| {} | {:.0} | {:.2} | {:.2} ms | {:.2} ms | {:.2} |",
            asked.name,
            per_second(runs),
            per_second(runs) / bare_per_second,
            median(runs.iter().map(|run| run.p50_ms)),
            p99(runs),
            p99(runs) / bare_p99,
        );
    }
    println!(
        "\nMedians of {ROUNDS} rounds in turns, {SECONDS} s each, {} connections kept open; server on one core, load on \
         another.",
        wrk::CONNECTIONS
    );
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The program without its site, for whoever asks for nothing of that.
fn program() -> Outcome<Build> {
    step("Building the program", || {
        Program::new("cargo").args(["build", "--release", "--package", "server", "--bin", "latchkey"]).run()
    })?;
    let target = workspace::target_directory()?;
    Ok(Build { binary: target.join("release/latchkey"), site_root: target.join("no-site") })
}

fn build_example(name: &str) -> Outcome<PathBuf> {
    step(&format!("Building {name}"), || {
        Program::new("cargo").args(["build", "--release", "--package", "server", "--example", name]).run()
    })?;
    Ok(workspace::target_directory()?.join("release/examples").join(name))
}

/// Servers run on the first core, the load on the last; with a single core they share it.
fn load_core() -> Option<usize> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    (cores > 1).then_some(cores - 1)
}

/// A server under load, ended with this value.
struct Serving {
    child: Child,
    url: String,
}

impl Serving {
    fn start(program: Command) -> Outcome<Self> {
        let mut command = Command::new("taskset");
        command.args(["-c", "0"]).arg(program.get_program()).args(program.get_args());
        command.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
        if let Some(directory) = program.get_current_dir() {
            command.current_dir(directory);
        }
        // Every page it answers is a line of its log.
        let log = program.get_current_dir().map(|home| fs::File::create(home.join("serve.log")));
        let log = log.transpose().attempt("write the server's log")?.map_or_else(Stdio::inherit, Stdio::from);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn().attempt("start a server")?;
        let stdout = child.stdout.take().ok_or("the server has no output")?;
        let mut lines = BufReader::new(stdout).lines();
        let url = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| line.contains("eady on").then(|| line.rsplit(' ').next().unwrap_or_default().to_owned()));
        // Whoever prints into a pipe that nobody reads is stopped in the middle of a word.
        std::thread::spawn(move || lines.for_each(drop));
        let serving = Self { child, url: url.unwrap_or_default() };
        if serving.url.starts_with("http://127.0.0.1:") {
            Ok(serving)
        } else {
            Err("a server ended before it was ready.".into())
        }
    }

    /// What is resident, as the kernel counts it.
    fn memory(&self) -> Option<String> {
        self.status("VmRSS:")
    }

    /// The same without pages of files, which the kernel takes back when it needs them.
    fn own_memory(&self) -> Option<String> {
        self.status("RssAnon:")
    }

    fn status(&self, name: &str) -> Option<String> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        Some(line.trim().to_owned())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The first pair of an account.
struct Keys {
    public_key: String,
    private_key: String,
}

/// Makes an account on the command line and answers its keys. The account lives in `home` and dies with it.
fn make_account(build: &Build, home: &Path) -> Outcome<Keys> {
    let words = ["account", "create", "--email", EMAIL, "--password-stdin", "--json"];
    let answer = Program::new(&build.binary).args(words).directory(home).input(PASSWORD)?;
    let answer: serde_json::Value = serde_json::from_str(&answer).attempt("read the new account")?;
    let key = |name: &str| answer["key_pair"][name].as_str().map(str::to_owned).ok_or("the new account has no keys");
    Ok(Keys { public_key: key("public_key")?, private_key: key("private_key")? })
}

/// Signs in through the page's own form and answers the session's cookie.
fn sign_in(origin: &str, home: &Path) -> Outcome<String> {
    let page = curl().arg(format!("{origin}/sign-in")).output()?;
    let form = page
        .split("action=\"")
        .filter_map(|rest| rest.split('"').next())
        .find(|action| action.contains("sign_in"))
        .ok_or("the sign-in page has no form")?;
    let secret = home.join("password");
    fs::write(&secret, PASSWORD).attempt("write the password down")?;
    let headers = curl()
        .args(["--dump-header", "-", "--output", "/dev/null", "--header", &format!("Origin: {origin}")])
        .args(["--header", "Accept: text/html", "--data-urlencode", &format!("email={EMAIL}")])
        .args(["--data-urlencode", &format!("password@{}", secret.display())])
        .arg(format!("{origin}{form}"))
        .output()?;
    let cookie = headers
        .lines()
        .filter_map(|line| line.split_once(':'))
        .filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"))
        .filter_map(|(_, value)| value.trim().split(';').next())
        .find(|pair| pair.starts_with("latchkey="));
    cookie.map(str::to_owned).ok_or_else(|| format!("signing in gave no session:\n{headers}").into())
}

fn curl() -> Program {
    let quiet = ["--silent", "--show-error", "--max-time", "30"];
    Program::new(find("curl").unwrap_or_else(|| "curl".into())).args(quiet)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_one_in_the_middle() {
        let values = [3.0, 1.0, 100.0];
        assert!((median(values.into_iter()) - 3.0).abs() < f64::EPSILON);
    }
}
