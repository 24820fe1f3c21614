//! `latchkey serve --check`: whether a start would succeed, without making or changing anything.

use crate::config::{PublicUrl, Settings};
use crate::health::{LEAST_FREE, free_space};
use crate::opening::{self, chain};
use crate::{metrics, output, site};
use backend::{Clock as _, SystemClock, installation};
use domain::Timestamp;
use serde_json::json;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;
use store_sqlite::{Inspection, Tables};

/// How long whoever holds the address may take to say that it is a Latchkey.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Ok,
    /// Latchkey would start, and somebody should know.
    Note,
    Fail,
}

struct Finding {
    check: &'static str,
    verdict: Verdict,
    text: String,
}

impl Verdict {
    const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Fail => "FAIL",
        }
    }
}

fn ok(check: &'static str, text: impl Into<String>) -> Finding {
    Finding { check, verdict: Verdict::Ok, text: text.into() }
}

fn note(check: &'static str, text: impl Into<String>) -> Finding {
    Finding { check, verdict: Verdict::Note, text: text.into() }
}

fn fail(check: &'static str, text: impl Into<String>) -> Finding {
    Finding { check, verdict: Verdict::Fail, text: text.into() }
}

/// Says one line for each check, and answers how many failed.
pub async fn report(settings: &Settings, as_json: bool) -> io::Result<usize> {
    let findings = findings(settings).await;
    let failed = findings.iter().filter(|finding| finding.verdict == Verdict::Fail).count();
    if as_json {
        let rows: Vec<_> = findings
            .iter()
            .map(|finding| {
                let verdict = finding.verdict.word().to_lowercase();
                json!({ "check": finding.check, "verdict": verdict, "text": finding.text })
            })
            .collect();
        output::json(&json!({ "would_start": failed == 0, "checks": rows }))?;
        return Ok(failed);
    }
    for Finding { check, verdict, text } in &findings {
        output::line(format_args!("{:4}  {check:10}  {text}", verdict.word()))?;
    }
    if failed == 0 {
        output::line("Latchkey would start.")?;
    }
    Ok(failed)
}

async fn findings(settings: &Settings) -> Vec<Finding> {
    // Whoever gets here has settings that can be read: a mistake in them ends the program earlier, with status 2.
    let mut findings = vec![ok("settings", "every name is known and every value can be used")];
    match store_sqlite::inspect(&settings.database_url).await {
        Ok(inspection) => {
            findings.push(database(settings, inspection.as_ref()));
            findings.push(master_key(settings, inspection.as_ref()));
            findings.push(clock(inspection.as_ref().and_then(|inspection| inspection.newest_record_at)));
        }
        Err(error) => findings.push(fail("database", chain(&error))),
    }
    findings.push(directory("directory", &opening::database_file(settings)));
    findings.push(directory("files", &settings.files_dir.join("kept")));
    findings.push(address(settings.addr));
    findings.extend(metrics_address(settings));
    findings.push(site_files(settings));
    findings.push(public_url(settings));
    findings
}

fn database(settings: &Settings, inspection: Option<&Inspection>) -> Finding {
    const CHECK: &str = "database";
    let Some(inspection) = inspection else {
        return ok(CHECK, format!("{} is not there; the first start makes it", settings.database_url));
    };
    let path = inspection.path.display();
    if let Some(taken_at) = inspection.backup_taken_at {
        return fail(
            CHECK,
            format!(
                "{path} is a backup taken at {}, and not in use yet: `latchkey restore` says what to do",
                taken_at.to_rfc3339()
            ),
        );
    }
    match inspection.tables {
        Tables::UpToDate { migrations } => ok(CHECK, format!("{path} is up to date ({migrations} migrations)")),
        Tables::Behind { applied: 0, .. } => ok(CHECK, format!("{path} is empty; the first start makes its tables")),
        Tables::Behind { applied, missing } => note(
            CHECK,
            format!(
                "{path} has {applied} migrations; a start runs {missing} more, and an older program cannot use it then. \
                 Make a backup first: latchkey backup --to FILE"
            ),
        ),
        Tables::Newer { version } => fail(
            CHECK,
            format!(
                "{path} has been used by a newer Latchkey: this one does not know version {version} of its tables. Use \
                 that program, or restore the backup made before the upgrade"
            ),
        ),
        Tables::Strange { version } => {
            fail(CHECK, format!("{path}: version {version} of its tables was made by a program nobody released"))
        }
    }
}

fn master_key(settings: &Settings, inspection: Option<&Inspection>) -> Finding {
    const CHECK: &str = "master key";
    let path = &settings.master_key_file;
    let used = inspection.and_then(|inspection| inspection.installation.as_ref());
    if used.is_none() && !path.exists() {
        return ok(CHECK, format!("{} is not there; the first start makes it", path.display()));
    }
    match (installation::read_master_key(path), used) {
        (Err(error), _) => fail(CHECK, chain(&error)),
        (Ok(sealer), Some(installation)) if !sealer.belongs_to(installation) => {
            fail(CHECK, format!("{} is not the master key of this database", path.display()))
        }
        (Ok(_), Some(_)) => ok(CHECK, format!("{} is the one of this database", path.display())),
        (Ok(_), None) => ok(CHECK, format!("{} can be used; no database needs it yet", path.display())),
    }
}

/// A clock that was set back makes sessions and expiries lie in the future.
fn clock(newest_record_at: Option<Timestamp>) -> Finding {
    const CHECK: &str = "clock";
    let now = SystemClock.now();
    match newest_record_at {
        Some(newest) if newest > now => note(
            CHECK,
            format!(
                "it is {}, and the newest record was written at {}: one of the two clocks was wrong. Set this one",
                now.to_rfc3339(),
                newest.to_rfc3339()
            ),
        ),
        _ => ok(CHECK, format!("it is {}", now.to_rfc3339())),
    }
}

/// The directory that something lies in, or the nearest one above it that is there: the first start makes the rest.
fn directory(check: &'static str, within: &Path) -> Finding {
    let directory = existing_directory(within);
    let shown = directory.display();
    if let Err(error) = writable(&directory) {
        return fail(check, format!("{shown} cannot be written to ({error}). Give it to the user that runs `serve`"));
    }
    match free_space(&directory) {
        Ok(free) if free < LEAST_FREE => {
            let free = free / 1_000_000;
            note(
                check,
                format!(
                    "{shown} has {free} MB free. Make room: on a full disk keys are checked and nothing is changed"
                ),
            )
        }
        Ok(free) => ok(check, format!("{shown} can be written to and has {} MB free", free / 1_000_000)),
        Err(error) => note(check, format!("{shown} can be written to; how much space it has is not known ({error})")),
    }
}

fn existing_directory(file: &Path) -> PathBuf {
    let above = file.ancestors().skip(1).find(|directory| directory.is_dir());
    above.filter(|directory| !directory.as_os_str().is_empty()).map_or_else(|| PathBuf::from("."), Path::to_owned)
}

#[cfg(unix)]
fn writable(directory: &Path) -> io::Result<()> {
    use rustix::fs::Access;
    Ok(rustix::fs::access(directory, Access::WRITE_OK | Access::EXEC_OK)?)
}

#[cfg(not(unix))]
fn writable(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Beside a running Latchkey its own address is taken, and that is as it should be.
fn address(addr: SocketAddr) -> Finding {
    const CHECK: &str = "address";
    match TcpListener::bind(addr) {
        Ok(_) => ok(CHECK, format!("{addr} is free")),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse && answers_as_latchkey(addr).unwrap_or(false) => {
            note(CHECK, format!("a Latchkey listens at {addr} already: stop it before another is started"))
        }
        Err(error) => fail(CHECK, format!("cannot listen at {addr} ({error}). LATCHKEY_ADDR chooses another address")),
    }
}

/// The second address, if one is set. What answers with our metrics is a running Latchkey's, again.
fn metrics_address(settings: &Settings) -> Option<Finding> {
    const CHECK: &str = "metrics";
    let addr = settings.metrics_addr?;
    if addr == settings.addr && addr.port() != 0 {
        return Some(fail(
            CHECK,
            format!("{addr} is the address of the dashboard. LATCHKEY_METRICS_ADDR is another one"),
        ));
    }
    Some(match TcpListener::bind(addr) {
        Ok(_) => ok(CHECK, format!("{addr} is free")),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse && answers_with_metrics(addr).unwrap_or(false) => {
            note(CHECK, format!("a Latchkey answers at {addr} already: stop it before another is started"))
        }
        Err(error) => {
            fail(CHECK, format!("cannot listen at {addr} ({error}). LATCHKEY_METRICS_ADDR chooses another address"))
        }
    })
}

fn answers_as_latchkey(addr: SocketAddr) -> io::Result<bool> {
    let said = ask(addr, "/livez")?;
    Ok(said.starts_with("HTTP/1.1 200") && said.contains("\r\nx-request-id: "))
}

fn answers_with_metrics(addr: SocketAddr) -> io::Result<bool> {
    let said = ask(addr, metrics::PATH)?;
    Ok(said.starts_with("HTTP/1.1 200") && said.contains("\nlatchkey_build_info{"))
}

/// The first of what is answered there.
fn ask(addr: SocketAddr, path: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&addr, ANSWER_WITHIN)?;
    stream.set_read_timeout(Some(ANSWER_WITHIN))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n\r\n")?;
    let mut said = String::new();
    stream.take(8_192).read_to_string(&mut said)?;
    Ok(said)
}

/// Without them pages are drawn, and buttons do nothing.
fn site_files(settings: &Settings) -> Finding {
    const CHECK: &str = "site";
    let options = site::leptos_options(settings, settings.addr);
    let root = Path::new(&*options.site_root);
    let files = site::expected_files(&options);
    let missing: Vec<_> = files.iter().filter(|file| !root.join(file).is_file()).cloned().collect();
    if missing.is_empty() {
        return ok(CHECK, format!("{} has what browsers load", root.display()));
    }
    fail(
        CHECK,
        format!(
            "{} lacks {}. LATCHKEY_SITE_ROOT says where the site is; it belongs to exactly this program",
            root.display(),
            missing.join(", ")
        ),
    )
}

fn public_url(settings: &Settings) -> Finding {
    const CHECK: &str = "public URL";
    let site = site::describe(settings, settings.addr);
    let url = PublicUrl::parse(&site.public_url);
    if site.insecure {
        return note(
            CHECK,
            format!("{} is plain HTTP: passwords and keys can be read on their way. For a lab only", site.public_url),
        );
    }
    match url {
        Some(url) if url.is_loopback() => ok(CHECK, format!("{} is for this machine only", site.public_url)),
        _ => ok(CHECK, site.public_url),
    }
}
