//! What it costs to authenticate a request, beside the least that a server has to do for it; what counting its use costs; and what
//! a flood of made-up keys costs those whose keys work.

use data_encoding::BASE64;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::{Serving, build_example, latchkey, load_core, make_account, median, new_home, program};
use crate::shell::{Attempt as _, Outcome, step};
use crate::wrk::{self, Measured};

const ROUNDS: usize = 7;
const SECONDS: u32 = 5;
/// Of the flood.
const FLOODERS: &str = "16";

struct Asked {
    name: &'static str,
    url: String,
    flooded: bool,
    measured: Vec<Measured>,
}

impl Asked {
    fn new(name: &'static str, origin: &str, path: &str, flooded: bool) -> Self {
        Self { name, url: format!("{origin}{path}"), flooded, measured: Vec::new() }
    }
}

pub(super) fn measure() -> Outcome<()> {
    let build = program()?;
    let (lookup, flood) = (build_example("bare_lookup")?, build_example("key_flood")?);
    let home = new_home("authentication")?;
    let key = make_account(&build, &home)?.private_key;
    let mut bare = Command::new(lookup);
    bare.arg(&key);
    let bare = Serving::start(bare)?;
    let shipped = Serving::start(latchkey(&build, &home))?;
    let mut uncounted = latchkey(&build, &home);
    uncounted.env("LATCHKEY_USAGE_DAYS", "0");
    let uncounted = Serving::start(uncounted)?;
    let mut unlimited = latchkey(&build, &home);
    unlimited.env("LATCHKEY_FAILED_AUTHENTICATIONS_PER_MINUTE", "0");
    let unlimited = Serving::start(unlimited)?;

    // As official clients send it.
    let headers = [format!("Authorization: Basic {}", BASE64.encode(format!("{key}:do_not_set").as_bytes()))];
    let mut all = [
        Asked::new("a bare look-up of a key", &bare.url, "/v1/account", false),
        Asked::new("`GET /v1/account`", &shipped.url, "/v1/account", false),
        Asked::new("`/v1/auth`", &shipped.url, "/v1/auth", false),
        Asked::new("`/v1/auth`, use not counted", &uncounted.url, "/v1/auth", false),
        Asked::new("`/v1/auth`, beside a flood", &shipped.url, "/v1/auth", true),
        Asked::new("`/v1/auth`, beside a flood without a limit", &unlimited.url, "/v1/auth", true),
    ];
    step(&format!("Measuring authentication: {ROUNDS} rounds, {SECONDS} s each"), || {
        for _ in 0..ROUNDS {
            for asked in &mut all {
                let _flooding = asked.flooded.then(|| Flooding::begin(&flood, &asked.url)).transpose()?;
                asked.measured.push(wrk::run(SECONDS, &asked.url, &headers, load_core())?);
            }
        }
        Ok(())
    })?;
    let of = |asked: &Asked, part: fn(&Measured) -> f64| median(asked.measured.iter().map(part));
    let (bare_rate, bare_p99) = (of(&all[0], |run| run.per_second), of(&all[0], |run| run.p99_ms));
    println!(
        "\n| asked for | requests a second | of the bare look-up | p50 | p99 | of its p99 |\n|---|---|---|---|---|---|"
    );
    for asked in &all {
        let (rate, p99) = (of(asked, |run| run.per_second), of(asked, |run| run.p99_ms));
        println!(
            "| {} | {rate:.0} | {:.2} | {:.2} ms | {p99:.2} ms | {:.2} |",
            asked.name,
            rate / bare_rate,
            of(asked, |run| run.p50_ms),
            p99 / bare_p99,
        );
    }
    println!(
        "\nMedians of {ROUNDS} rounds in turns, {SECONDS} s each, {} connections kept open, {FLOODERS} more of a flood; servers on \
         one core, load on another.",
        wrk::CONNECTIONS
    );
    Ok(())
}

/// A flood under way, ended with this value.
struct Flooding(Child);

impl Flooding {
    /// For longer than the measurement takes.
    fn begin(flood: &Path, url: &str) -> Outcome<Self> {
        let origin = url.split("/v1/").next().unwrap_or(url);
        let core = load_core().unwrap_or(0).to_string();
        let mut command = Command::new("taskset");
        command.args(["-c", &core]).arg(flood).args([origin, FLOODERS, &(SECONDS + 5).to_string()]);
        command.stdout(Stdio::null()).spawn().attempt("start the flood").map(Self)
    }
}

impl Drop for Flooding {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
