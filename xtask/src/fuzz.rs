//! Fuzzing, as a part of `cargo xtask test --deep`: every target of `fuzz/` for half a minute.

use crate::shell::{Outcome, Program, step};
use crate::tally::Tally;
use crate::{tools, workspace};

const TARGETS: [&str; 6] = ["authorization", "cookie", "expiry", "key_format", "multipart", "session"];

/// One passed or failed for each target. libFuzzer prints where the input lies that broke something.
pub(crate) fn every_target() -> Tally {
    let mut tally = Tally::default();
    for target in TARGETS {
        let ended = tools::cargo_fuzz().and_then(|()| step(&format!("Fuzzing {target}"), || run(target)));
        if let Err(failure) = &ended {
            eprintln!("    {failure}");
        }
        tally.add(if ended.is_ok() { Tally::PASSED } else { Tally::FAILED });
    }
    tally
}

fn run(target: &str) -> Outcome<()> {
    let fuzz = workspace::root().join("fuzz");
    // New inputs go here and not into the committed corpus, which only grows by hand.
    let found = fuzz.join("target").join("found").join(target);
    std::fs::create_dir_all(&found).map_err(|error| format!("cannot make {}: {error}", found.display()))?;
    Program::new("cargo")
        .args(["fuzz", "run", "-s", "none", target])
        .arg(found)
        .arg(fuzz.join("corpus").join(target))
        .args(["--", "-max_total_time=30"])
        .directory(workspace::root())
        // The coverage flags are marked unstable; without a sanitizer every stable compiler has what they need.
        .env("RUSTC_BOOTSTRAP", "1")
        .run()
}
