//! How many instructions a request costs on its way to being authenticated, counted by callgrind and held to what it cost before.
//!
//! A count is the same on a busy machine as on a quiet one, so that the suite can be strict where a time would be a guess. It
//! says nothing of waiting, of the kernel and of caches: `cargo xtask bench` measures those.

use std::fs;
use std::path::{Path, PathBuf};

use super::{build_example, make_account, new_home};
use crate::leptos::Build;
use crate::shell::{Attempt as _, Outcome, Program, find, step};
use crate::tally::Tally;
use crate::{debian, report};

/// What happens once differs by a million instructions from run to run, so that the difference is many requests.
const FEW: u32 = 100;
const MANY: u32 = 5_100;

/// What is asked for, by whom and what the answer is.
struct Case {
    name: &'static str,
    path: &'static str,
    key: Key,
    answered: &'static str,
    /// What it cost when it was last looked at. Whoever makes it cheaper writes the new figure here, so that it stays so.
    instructions: u64,
}

#[derive(Clone, Copy)]
enum Key {
    Working,
    /// Well-formed, and nobody's. Refused from memory after the first time.
    Unknown,
    Malformed,
}

const CASES: [Case; 4] = [
    Case { name: "GET /v1/account", path: "/v1/account", key: Key::Working, answered: "200", instructions: 27_100 },
    Case { name: "/v1/auth", path: "/v1/auth", key: Key::Working, answered: "200", instructions: 28_700 },
    Case { name: "/v1/auth, unknown key", path: "/v1/auth", key: Key::Unknown, answered: "403", instructions: 49_600 },
    Case {
        name: "/v1/auth, malformed key",
        path: "/v1/auth",
        key: Key::Malformed,
        answered: "403",
        instructions: 39_900,
    },
];

/// As a part of the suite: one test for each case, failed by a tenth more.
pub(crate) fn test(build: &Build) -> Tally {
    match count(build) {
        Ok(counted) => CASES.iter().zip(counted).fold(Tally::default(), |mut tally, (case, counted)| {
            tally.add(if counted > most(case) { Tally::FAILED } else { Tally::PASSED });
            tally
        }),
        Err(failure) => report::one_failure(&failure),
    }
}

/// Prints what each case costs.
pub(crate) fn count(build: &Build) -> Outcome<Vec<u64>> {
    let example = build_example("authenticate_path")?;
    let valgrind = ensure()?;
    let (home, other) = (new_home("instructions")?, new_home("instructions-other")?);
    let working = make_account(build, &home)?.private_key;
    let unknown = make_account(build, &other)?.private_key;
    let counted = step("Counting instructions", || {
        CASES
            .iter()
            .map(|case| {
                let key = match case.key {
                    Key::Working => &working,
                    Key::Unknown => &unknown,
                    Key::Malformed => "private_key",
                };
                let run = |requests| one_run(&valgrind, &example, &home, [key, case.path, case.answered], requests);
                Ok(run(MANY)?.saturating_sub(run(FEW)?) / u64::from(MANY - FEW))
            })
            .collect::<Outcome<Vec<u64>>>()
    })?;
    println!("\n| a request | instructions | kept | most |\n|---|---|---|---|");
    for (case, counted) in CASES.iter().zip(&counted) {
        println!("| {} | {counted} | {} | {} |", case.name, case.instructions, most(case));
    }
    println!();
    Ok(counted)
}

fn most(case: &Case) -> u64 {
    case.instructions + case.instructions / 10
}

fn one_run(valgrind: &Path, example: &Path, home: &Path, asked: [&str; 3], requests: u32) -> Outcome<u64> {
    let [key, path, answered] = asked;
    let log = home.join("callgrind.log");
    Program::new(valgrind)
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(format!("--log-file={}", log.display()))
        .arg(example)
        .args([key, &requests.to_string(), path, answered])
        .directory(home)
        // Beyond the limit an address is told something else.
        .env("LATCHKEY_FAILED_AUTHENTICATIONS_PER_MINUTE", "0")
        .output()?;
    let said = fs::read_to_string(&log).attempt("read what callgrind said")?;
    collected(&said).ok_or_else(|| format!("callgrind's report was not understood:\n{said}").into())
}

/// `==4711== Collected : 123456`
fn collected(said: &str) -> Option<u64> {
    said.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok())
}

fn ensure() -> Outcome<PathBuf> {
    if let Some(found) = find("valgrind") {
        return Ok(found);
    }
    let _lock = crate::lock::InstallLock::take()?;
    step("Getting valgrind, which counts instructions", || debian::install("valgrind", "to count instructions"))?;
    find("valgrind").ok_or_else(|| "valgrind was installed and is still not on the PATH.".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_read() {
        let said = "==4711== Callgrind, a call-graph generating cache profiler\n==4711== \n==4711== Events    : Ir\n\
                    ==4711== Collected : 123456\n==4711== \n==4711== I   refs:      123,456\n";
        assert_eq!(collected(said), Some(123_456));
        assert_eq!(collected("==4711== valgrind: failed to start"), None);
    }
}
