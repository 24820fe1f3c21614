//! What an upload costs, beside a sink with the same parser behind the same accept loop that keeps what comes and checks nothing.
//!
//! No small file is removed before the end: ext4 without a journal looks for a free inode among those lately removed for as long as it
//! takes everything else, and whoever comes next pays.
//!
//! All of them write to the same disk. The sink is asked twice: as it is, and flushing file and folder before it answers, as
//! Latchkey does; most of what the two differ by is the disk's.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use super::{Keys, Serving, build_example, latchkey, load_core, make_account, median, new_home, program};
use crate::shell::{Attempt as _, Outcome, Program, step};

const ROUNDS: usize = 5;
const SECONDS: &str = "6";

/// Of small files, at once. A browser has up to six, an application server dozens.
const CONNECTIONS: &str = "16";
const SMALL: u64 = 10_000;
const LARGE: u64 = 100 << 20;

/// Of large files: one connection, and no time for a second file.
const ONCE: [&str; 2] = ["1", "0"];

/// What one run of the load says.
struct Said {
    per_second: f64,
    p50_ms: f64,
    p99_ms: f64,
}

/// Somebody who takes uploads in.
struct Asked<'a> {
    name: &'static str,
    url: &'a str,
    way: &'static str,
    said: Vec<Said>,
}

impl<'a> Asked<'a> {
    fn new(name: &'static str, url: &'a str, way: &'static str) -> Self {
        Self { name, url, way, said: Vec::new() }
    }

    fn median(&self, of: impl Fn(&Said) -> f64) -> f64 {
        median(self.said.iter().map(of))
    }
}

pub(super) fn measure() -> Outcome<()> {
    let build = program()?;
    let (sink, load) = (build_example("upload_sink")?, build_example("upload_load")?);
    let home = new_home("uploads")?;
    let keys = make_account(&build, &home)?;
    let mut serve = latchkey(&build, &home);
    serve.env("LATCHKEY_ACCOUNT_FILES_MB", "100000").env("LATCHKEY_LARGEST_UPLOAD_MB", "200");
    let serving = Serving::start(serve)?;
    let (kept, flushed) = (home.join("kept"), home.join("flushed"));
    let mut sinks = [Command::new(&sink), Command::new(&sink)];
    sinks[0].arg(&kept);
    sinks[1].arg(&flushed).arg("--flushed");
    let [sink_kept, sink_flushed] = sinks.map(Serving::start);
    let (sink_kept, sink_flushed) = (sink_kept?, sink_flushed?);
    let asked = || {
        [
            Asked::new("the sink, flushing", &sink_flushed.url, "signed"),
            Asked::new("the sink, not flushing", &sink_kept.url, "signed"),
            Asked::new("Latchkey, with a signature", &serving.url, "signed"),
            Asked::new("Latchkey, with the private key", &serving.url, "basic"),
        ]
    };

    let mut small = asked();
    step(&format!("Uploading files of {SMALL} bytes: {ROUNDS} rounds, {SECONDS} s each"), || {
        for _ in 0..ROUNDS {
            for one in &mut small {
                one.said.push(run(&load, one, &keys, SMALL, [CONNECTIONS, SECONDS])?);
            }
        }
        Ok(())
    })?;
    println!("\n| files of 10 kB | uploads a second | of the flushing sink | p50 | p99 |\n|---|---|---|---|---|");
    let sink = small[0].median(|said| said.per_second);
    for one in &small {
        let per_second = one.median(|said| said.per_second);
        let (p50, p99) = (one.median(|said| said.p50_ms), one.median(|said| said.p99_ms));
        println!("| {} | {per_second:.0} | {:.2} | {p50:.1} ms | {p99:.1} ms |", one.name, per_second / sink);
    }

    let mut large = asked();
    let mut copies = Vec::new();
    step(&format!("Uploading files of 100 MiB: {ROUNDS} rounds, one each"), || {
        let source = home.join("source");
        fs::write(&source, vec![b'x'; usize::try_from(LARGE).unwrap_or(0)]).attempt("write a large file")?;
        for _ in 0..ROUNDS {
            copies.push(copy(&source, &home.join("copy"))?);
            for one in &mut large {
                one.said.push(run(&load, one, &keys, LARGE, ONCE)?);
            }
        }
        Ok(())
    })?;
    let mebibytes = |millis: f64| 100.0 / (millis / 1e3);
    let copied = median(copies.into_iter());
    println!("\n| a file of 100 MiB | took | MiB a second | of the copy |\n|---|---|---|---|");
    println!("| copied, and flushed | {copied:.0} ms | {:.0} | 1.00 |", mebibytes(copied));
    for one in &large {
        let took = one.median(|said| said.p50_ms);
        println!("| {} | {took:.0} ms | {:.0} | {:.2} |", one.name, mebibytes(took), copied / took);
    }
    println!(
        "\nMedians of {ROUNDS} rounds in turns; small files over {CONNECTIONS} connections kept open; server on one core, load on \
         another.\nMemory of Latchkey afterwards: {}",
        serving.memory().unwrap_or_else(|| "unknown".to_owned())
    );
    drop(serving);
    let _ = fs::remove_dir_all(&home);
    Ok(())
}

/// Uploads for a while. A run in which anything was refused measured something else, and fails.
fn run(load: &Path, asked: &Asked, keys: &Keys, size: u64, [connections, seconds]: [&str; 2]) -> Outcome<Said> {
    let program = match load_core() {
        Some(core) => Program::new("taskset").args(["-c", &core.to_string()]).arg(load),
        None => Program::new(load),
    };
    let arguments = [asked.url, &keys.public_key, &keys.private_key, asked.way];
    let said = program.args(arguments).args([&size.to_string(), connections, seconds]).output()?;
    let unreadable = || format!("the load was not understood:\n{said}");
    let line = said.lines().last().ok_or_else(unreadable)?;
    let report: serde_json::Value = serde_json::from_str(line).attempt("read what the load says")?;
    if report["failed"] != 0 || report["uploads"] == 0 {
        return Err(format!("{}: not every upload was answered well:\n{said}", asked.name).into());
    }
    let number = |name: &str| report[name].as_f64().ok_or_else(unreadable);
    Ok(Said { per_second: number("perSecond")?, p50_ms: number("p50Ms")?, p99_ms: number("p99Ms")? })
}

/// Copies a file as any program would, and has it on the disk at the end. Answers how many milliseconds it took.
fn copy(from: &Path, to: &Path) -> Outcome<f64> {
    let doing = || format!("copy {}", from.display());
    let began = Instant::now();
    let mut source = File::open(from).attempt(doing())?;
    let mut copied = File::create(to).attempt(doing())?;
    let mut piece = vec![0; 256 * 1024];
    loop {
        let read = source.read(&mut piece).attempt(doing())?;
        if read == 0 {
            break;
        }
        copied.write_all(&piece[..read]).attempt(doing())?;
    }
    copied.sync_all().attempt(doing())?;
    let took = began.elapsed().as_secs_f64() * 1e3;
    fs::remove_file(to).attempt(doing())?;
    Ok(took)
}
