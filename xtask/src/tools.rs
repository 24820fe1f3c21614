//! The programs Latchkey is built and tested with: found when they are there in exactly the right version, fetched
//! once otherwise.
//!
//! They go to a directory outside the clone, so that fresh clones share them, and are put first on the PATH of what
//! we start only, so that a person's own versions are never disturbed.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::lock::InstallLock;
use crate::shell::{Attempt as _, Outcome, Program, find, step};
use crate::{browser, debian, wasm_std};

/// Newer ones need a newer compiler than the workspace's.
const CARGO_LEPTOS: &str = "0.3.9";
/// Fuzzes with libFuzzer, for which a C++ compiler is needed.
const CARGO_FUZZ: &str = "0.13.2";
/// Must be the version of the `wasm-bindgen` crate, to the last digit.
const WASM_BINDGEN: &str = "0.2.130";
/// Holds wasm-opt, which a release build needs.
const BINARYEN: &str = "132.0.0";
/// The HTTP client of the snippet that people paste from the dashboard.
const PYTHON_REQUESTS: &str = "requests==2.32.*";
/// ImageKit's own client, which the stories run as it is published.
const PYTHON_IMAGEKITIO: &str = "imagekitio==5.11.0";
/// Asks the HTTP API whatever its description allows, and forbids.
const PYTHON_SCHEMATHESIS: &str = "schemathesis==4.32.5";
/// Reads metrics as strictly as OpenMetrics says: the reference, by Prometheus itself.
const PYTHON_PROMETHEUS: &str = "prometheus-client==0.26.0";

/// What a command needs beyond the compiler. A person who only wants to look at Latchkey should not wait for a browser.
#[derive(Clone, Copy)]
pub(crate) struct Needs {
    pub(crate) wasm_target: bool,
    pub(crate) leptos: bool,
    pub(crate) wasm_opt: bool,
    pub(crate) npm_packages: bool,
    pub(crate) chromium: bool,
    pub(crate) python: bool,
}

impl Needs {
    pub(crate) const NOTHING: Self = Self {
        wasm_target: false,
        leptos: false,
        wasm_opt: false,
        npm_packages: false,
        chromium: false,
        python: false,
    };
    pub(crate) const DEBUG_BUILD: Self = Self { wasm_target: true, leptos: true, ..Self::NOTHING };
    pub(crate) const RELEASE_BUILD: Self = Self { wasm_opt: true, ..Self::DEBUG_BUILD };
    pub(crate) const CHECKS: Self = Self { wasm_target: true, npm_packages: true, ..Self::NOTHING };
    pub(crate) const EVERYTHING: Self =
        Self { npm_packages: true, chromium: true, python: true, ..Self::RELEASE_BUILD };
}

/// Makes sure everything needed is there. Quick, and silent, when it is.
pub(crate) fn prepare(needs: Needs) -> Outcome<()> {
    type Ensure = fn() -> Outcome<()>;
    let wants: [(bool, Ensure); 7] = [
        (needs.wasm_target, wasm_std::ensure),
        (needs.leptos, cargo_leptos),
        (needs.leptos, wasm_bindgen),
        (needs.wasm_opt, wasm_opt),
        (needs.npm_packages, browser::npm_packages),
        (needs.chromium, || browser::chromium().map(drop)),
        (needs.python, || python().map(drop)),
    ];
    wants.iter().filter(|(wanted, _)| *wanted).try_for_each(|(_, ensure)| ensure())
}

/// `LATCHKEY_TOOLS_DIR`, or `latchkey/tools` in the user's cache directory.
pub(crate) fn directory() -> Outcome<PathBuf> {
    if let Some(chosen) = named_path("LATCHKEY_TOOLS_DIR") {
        return Ok(chosen);
    }
    let cache = named_path("XDG_CACHE_HOME").or_else(|| named_path("HOME").map(|home| home.join(".cache")));
    cache.map(|cache| cache.join("latchkey").join("tools")).ok_or_else(|| {
        "there is no HOME to keep tools in; set LATCHKEY_TOOLS_DIR to a directory that may be written to.".into()
    })
}

/// A path that somebody set in the environment; empty counts as not set.
pub(crate) fn named_path(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// Our own tools, then whatever the person has.
pub(crate) fn search_path() -> OsString {
    let theirs = env::var_os("PATH").unwrap_or_default();
    let Ok(directory) = directory() else { return theirs };
    let ours = [directory.join("bin"), npm_directory(&directory).join("node_modules").join(".bin")];
    env::join_paths(ours.into_iter().chain(env::split_paths(&theirs))).unwrap_or(theirs)
}

/// Fetched only where it is used: by `--deep`.
pub(crate) fn cargo_fuzz() -> Outcome<()> {
    if says("cargo-fuzz", CARGO_FUZZ) {
        return Ok(());
    }
    once("cargo-fuzz", CARGO_FUZZ, "Getting cargo-fuzz (compiles for about a minute, once)", || {
        cargo_install("cargo-fuzz", CARGO_FUZZ)?.arg("--locked").run()
    })
}

fn cargo_leptos() -> Outcome<()> {
    if says("cargo-leptos", CARGO_LEPTOS) {
        return Ok(());
    }
    once("cargo-leptos", CARGO_LEPTOS, "Getting cargo-leptos (compiles for 8 minutes or more, once)", || {
        let features = ["--locked", "--no-default-features", "--features", "no_downloads"];
        cargo_install("cargo-leptos", CARGO_LEPTOS)?.args(features).run()
    })
}

fn wasm_bindgen() -> Outcome<()> {
    if says("wasm-bindgen", WASM_BINDGEN) {
        return Ok(());
    }
    // Not `--locked`: its lock file names a version that was withdrawn.
    once("wasm-bindgen", WASM_BINDGEN, "Getting wasm-bindgen (compiles for about 2 minutes, once)", || {
        cargo_install("wasm-bindgen-cli", WASM_BINDGEN)?.run()
    })
}

fn wasm_opt() -> Outcome<()> {
    let version = BINARYEN.split('.').next().unwrap_or(BINARYEN);
    if says("wasm-opt", version) {
        return Ok(());
    }
    once("wasm-opt", version, "Getting wasm-opt (npm package binaryen)", || {
        require("npm", "Install Node.js 20 or newer with npm.")?;
        Program::new("npm")
            .args(["install", "--no-audit", "--no-fund", "--prefix"])
            .arg(npm_directory(&directory()?))
            .arg(format!("binaryen@{BINARYEN}"))
            .run()
    })
}

/// What slow clients are played with under `--deep`.
pub(crate) fn slowhttptest() -> Outcome<PathBuf> {
    packaged("slowhttptest")
}

/// A gateway that the suite runs in front of a small API.
pub(crate) fn nginx() -> Outcome<PathBuf> {
    packaged("nginx")
}

/// Another one.
pub(crate) fn caddy() -> Outcome<PathBuf> {
    packaged("caddy")
}

/// The program of this name, from the distribution's package of the same name if nobody has installed it.
fn packaged(name: &str) -> Outcome<PathBuf> {
    if let Some(found) = find(name) {
        return Ok(found);
    }
    let _lock = InstallLock::take()?;
    if let Some(found) = find(name) {
        return Ok(found);
    }
    let kept = directory()?.join("bin").join(name);
    step(&format!("Getting {name} from the distribution's packages"), || {
        let scratch = directory()?.join(name);
        let packaged = debian::program(name, &scratch)?;
        std::fs::create_dir_all(directory()?.join("bin")).attempt("make a directory for programs")?;
        // Whole or not at all: another clone may look for it meanwhile.
        let draft = kept.with_extension("new");
        std::fs::copy(packaged, &draft).attempt(format!("keep {name}"))?;
        std::fs::rename(&draft, &kept).attempt(format!("keep {name}"))?;
        std::fs::remove_dir_all(&scratch).attempt(format!("clear {}", scratch.display()))
    })?;
    Ok(kept)
}

/// The interpreter of a private environment that has the packages the tests import, made or completed when it is not there.
pub(crate) fn python() -> Outcome<PathBuf> {
    let home = directory()?.join("python");
    let interpreter = home.join("bin").join("python");
    if has_python_packages(&interpreter) {
        return Ok(interpreter);
    }
    let _lock = InstallLock::take()?;
    if has_python_packages(&interpreter) {
        return Ok(interpreter);
    }
    step(
        "Getting a Python environment with requests, imagekitio, schemathesis and prometheus-client, for the tests that run Python",
        || {
            // One that works is completed and not made anew: another clone may be running its tests with it.
            if !is_python_with_pip(&interpreter) {
                require("python3", "Install Python 3.")?;
                let hint = "create a Python environment (on Debian: apt-get install python3-venv)";
                Program::new("python3").args(["-m", "venv", "--clear"]).arg(&home).run().attempt(hint)?;
            }
            let packages = [PYTHON_REQUESTS, PYTHON_IMAGEKITIO, PYTHON_SCHEMATHESIS, PYTHON_PROMETHEUS];
            Program::new(&interpreter).args(["-m", "pip", "install", "--quiet"]).args(packages).run()
        },
    )?;
    Ok(interpreter)
}

/// Whether `requests` is there, and the others in exactly our version: the stories say what one does, and the suite what
/// another finds.
fn has_python_packages(interpreter: &Path) -> bool {
    let question = "import requests; from importlib.metadata import version as v; print(*(n + '==' + v(n) for n in ('imagekitio', 'schemathesis', 'prometheus-client')))";
    interpreter.is_file()
        && Program::new(interpreter).args(["-c", question]).output().is_ok_and(|answer| {
            let wanted = [PYTHON_IMAGEKITIO, PYTHON_SCHEMATHESIS, PYTHON_PROMETHEUS];
            wanted.iter().all(|wanted| names_version(&answer, wanted))
        })
}

fn is_python_with_pip(interpreter: &Path) -> bool {
    interpreter.is_file() && Program::new(interpreter).args(["-m", "pip", "--version"]).output().is_ok()
}

/// Stops with the way out when a program that we cannot get ourselves is missing.
pub(crate) fn require(program: &str, way_out: &str) -> Outcome<()> {
    find(program).map(drop).ok_or_else(|| format!("`{program}` is needed and was not found. {way_out}").into())
}

fn npm_directory(tools: &Path) -> PathBuf {
    tools.join("npm")
}

/// Installs under the lock, unless whoever held it before us just did, and looks again afterwards.
fn once(program: &str, version: &str, what: &str, install: impl FnOnce() -> Outcome<()>) -> Outcome<()> {
    let _lock = InstallLock::take()?;
    if says(program, version) {
        return Ok(());
    }
    step(what, install)?;
    if says(program, version) {
        return Ok(());
    }
    Err(format!("`{program}` was installed but does not answer `--version` with {version}.").into())
}

fn says(program: &str, version: &str) -> bool {
    let Some(path) = find(program) else { return false };
    // cargo-leptos passes its first word on to cargo's way of calling it and answers without it, too.
    Program::new(path).arg("--version").output().is_ok_and(|answer| names_version(&answer, version))
}

/// Whether a program's answer to `--version` names exactly that version, as one of its words.
fn names_version(answer: &str, version: &str) -> bool {
    answer.split_whitespace().any(|word| word == version)
}

/// `cargo install` into our directory, with whatever the caller's environment says about flags and profiles removed.
fn cargo_install(package: &str, version: &str) -> Outcome<Program> {
    let program = Program::new("cargo")
        .args(["install", package, "--version", &format!("={version}"), "--root"])
        .arg(directory()?)
        .directory(&env::temp_dir())
        // These tools run for seconds; optimising them takes minutes.
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1");
    let inherited = ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET", "CARGO_TARGET_DIR"];
    Ok(inherited.into_iter().fold(program, Program::without_env))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_version_will_do() {
        assert!(names_version("wasm-bindgen 0.2.130\n", "0.2.130"));
        assert!(!names_version("wasm-bindgen 0.2.13\n", "0.2.130"));
        assert!(!names_version("wasm-bindgen 0.2.1301\n", "0.2.130"));
        assert!(names_version("wasm-opt version 132 (version_132)\n", "132"));
    }

    #[test]
    fn our_own_tools_come_first_on_the_path() {
        let path = search_path();
        let first = env::split_paths(&path).next().expect("the path has a first directory");
        assert_eq!(first, directory().expect("there is a home").join("bin"));
    }
}
