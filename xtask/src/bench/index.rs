//! What a million keys in memory cost: how soon they are there, how many bytes each takes, and what a request waits for them.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use super::{Serving, build_example, latchkey, load_core, make_account, median, new_home, program};
use crate::leptos::Build;
use crate::shell::{Attempt as _, Outcome, Program, step};
use crate::wrk;

const ROUNDS: usize = 5;
const SECONDS: u32 = 6;
const ACCOUNTS: u32 = 1_000_000;
/// One account in ten has a second pair.
const KEYS: f64 = 1_100_000.0;
const PATIENCE: Duration = Duration::from_mins(2);
/// What the log says once every key is in memory.
const READY: &str = "keys are checked from memory";

struct Filled {
    serving: Serving,
    headers: Vec<String>,
    ready_after: Duration,
    kilobytes: f64,
    per_second: Vec<f64>,
}

impl Filled {
    fn start(build: &Build, accounts: u32) -> Outcome<Self> {
        let home = new_home(&format!("index-{accounts}"))?;
        let key = make_account(build, &home)?.private_key;
        if accounts > 1 {
            let fill = build_example("many_keys")?;
            let database = home.join("data/latchkey.db");
            step(&format!("Making {accounts} accounts"), || {
                Program::new(&fill).arg(&database).arg(accounts.to_string()).run()
            })?;
        }
        // Once before, so that SQLite has measured its tables, as it has in an installation that grew to this.
        drop(Self::serve(build, &home)?);
        let (serving, ready_after) = Self::serve(build, &home)?;
        let own = serving.own_memory().unwrap_or_default();
        let kilobytes = own.trim_end_matches(" kB").parse().attempt(format!("read {own}"))?;
        let headers = vec![format!("Authorization: Bearer {key}")];
        Ok(Self { serving, headers, ready_after, kilobytes, per_second: Vec::new() })
    }

    /// A server whose keys are in memory, and after how long they were.
    fn serve(build: &Build, home: &Path) -> Outcome<(Serving, Duration)> {
        let began = Instant::now();
        let mut serve = latchkey(build, home);
        serve.env("LATCHKEY_LOG", "info");
        let serving = Serving::start(serve)?;
        wait_for(&home.join("serve.log"), began)?;
        Ok((serving, began.elapsed()))
    }
}

fn wait_for(log: &Path, began: Instant) -> Outcome<()> {
    while !fs::read_to_string(log).attempt("read the log")?.contains(READY) {
        if began.elapsed() > PATIENCE {
            return Err("the keys were not in memory in time.".into());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

pub(super) fn measure() -> Outcome<()> {
    let build = program()?;
    let mut few = Filled::start(&build, 1)?;
    let mut many = Filled::start(&build, ACCOUNTS)?;
    step(&format!("Measuring requests: {ROUNDS} rounds, {SECONDS} s each"), || {
        for _ in 0..ROUNDS {
            for filled in [&mut few, &mut many] {
                let url = format!("{}/v1/account", filled.serving.url);
                filled.per_second.push(wrk::run(SECONDS, &url, &filled.headers, load_core())?.per_second);
            }
        }
        Ok(())
    })?;
    println!("\n| keys | all in memory after | memory of its own | requests a second |\n|---|---|---|---|");
    for (keys, filled) in [("1", &few), ("1,100,000", &many)] {
        let (seconds, megabytes) = (filled.ready_after.as_secs_f64(), filled.kilobytes / 1_000.0);
        let per_second = median(filled.per_second.iter().copied());
        println!("| {keys} | {seconds:.2} s | {megabytes:.0} MB | {per_second:.0} |");
    }
    let bytes = (many.kilobytes - few.kilobytes) * 1_024.0 / KEYS;
    let ratio = median(many.per_second.iter().copied()) / median(few.per_second.iter().copied());
    println!("\n{bytes:.0} bytes a key; {ratio:.2} of the requests that one key allows.");
    Ok(())
}
