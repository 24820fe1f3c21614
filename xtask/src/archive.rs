//! Trying the archive out as somebody would who has just downloaded it: unpacked elsewhere, started without an
//! environment, asked over TCP.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::shell::{Attempt as _, Outcome, Program, find, step};
use crate::tally::Tally;
use crate::{dist, report};

/// What the program may be linked to: the C library's own family, which every Linux of the kind has.
const LIBRARIES: [&str; 7] =
    ["linux-vdso.so.1", "libc.so.6", "libm.so.6", "libdl.so.2", "librt.so.1", "libpthread.so.0", "libgcc_s.so.1"];

/// Packs a release build and tries the archive out.
pub(crate) fn stories(build: &crate::leptos::Build) -> Tally {
    if !cfg!(all(target_os = "linux", target_env = "gnu")) {
        eprintln!("    the archive is for Linux with glibc: it is neither made nor tried here");
        return Tally::default();
    }
    let place = std::env::temp_dir().join(format!("latchkey-archive-{}", std::process::id()));
    let unpacked = dist::pack(build).and_then(|archive| unpack(&archive, &place));
    let tally = match &unpacked {
        Ok(content) => tried_out(content, &place),
        Err(failure) => report::one_failure(failure),
    };
    let _ = fs::remove_dir_all(&place);
    tally
}

fn tried_out(content: &Path, place: &Path) -> Tally {
    let mut total = Tally::default();
    total.add(story("The archive is whole", || is_whole(content)));
    total.add(story("The program in the archive needs only glibc", || needs_only_glibc(content)));
    total.add(story("The program in the archive serves its site", || serves(content, place)));
    total.add(story("The unit in the archive is one", || unit_is_one(content)));
    total
}

fn story(what: &str, work: impl FnOnce() -> Outcome<()>) -> Tally {
    match step(what, work) {
        Ok(()) => Tally::PASSED,
        Err(failure) => report::one_failure(&failure),
    }
}

fn unpack(archive: &Path, place: &Path) -> Outcome<PathBuf> {
    let _ = fs::remove_dir_all(place);
    fs::create_dir_all(place).attempt(format!("create {}", place.display()))?;
    Program::new("tar").args(["--extract", "--file"]).arg(archive).arg("--directory").arg(place).output()?;
    let mut entries = fs::read_dir(place).attempt(format!("read {}", place.display()))?;
    let only = entries.next().ok_or("the archive is empty")?.attempt("read what was unpacked")?.path();
    if entries.next().is_some() { Err("the archive spills more than one directory".into()) } else { Ok(only) }
}

fn is_whole(content: &Path) -> Outcome<()> {
    Program::new("sha256sum").args(["--check", "--strict", "--quiet", "SHA256SUMS"]).directory(content).output()?;
    let install = fs::read_to_string(content.join("INSTALL.md")).attempt("read INSTALL.md")?;
    if install.contains('{') { Err("INSTALL.md has a blank that was not filled in".into()) } else { Ok(()) }
}

fn needs_only_glibc(content: &Path) -> Outcome<()> {
    let binary = content.join("latchkey");
    let said = Program::new("ldd").arg(&binary).output()?;
    let names = said.lines().filter_map(|line| line.split_whitespace().next()?.rsplit('/').next());
    // The loader's name ends in the machine's.
    let others: Vec<_> = names.filter(|name| !LIBRARIES.contains(name) && !name.starts_with("ld-linux-")).collect();
    if !others.is_empty() {
        return Err(format!("it needs {} as well", others.join(", ")).into());
    }
    eprintln!("    it needs glibc {} or later", dist::glibc_needed(&binary)?);
    Ok(())
}

/// With no environment at all, in a directory of its own: the site is found beside the program.
fn serves(content: &Path, place: &Path) -> Outcome<()> {
    let home = place.join("home");
    fs::create_dir_all(&home).attempt("create a directory to run in")?;
    let latchkey = |arguments: &[&str]| {
        let mut command = Command::new(content.join("latchkey"));
        command.args(arguments).env_clear().current_dir(&home).stdin(Stdio::null());
        command
    };
    let mut server = Server::start(latchkey(&["serve", "--addr", "127.0.0.1:0"]))?;

    let said = latchkey(&["account", "create", "--email", "ada@example.org", "--json"]).output().attempt("run it")?;
    let made: Value = serde_json::from_slice(&said.stdout).attempt("read the account that was made")?;
    let key = made["key_pair"]["private_key"].as_str().ok_or("the account has no private key")?;

    let page = server.get("/sign-in", "Accept: text/html\r\n")?;
    expect(page.status == 200, "the sign-in page is not there")?;
    let page = String::from_utf8_lossy(&page.body).into_owned();
    // The page of somebody who has not signed in names the stylesheet only; what the developers tab loads is known from
    // the directory.
    let styles = loaded_from(&page, "css").ok_or("the page loads no stylesheet")?;
    let files = site_files(content)?;
    expect(files.contains(&styles), &format!("{styles} is not in the archive"))?;
    for ending in ["js", "wasm", "css"] {
        let path = files.iter().find(|path| ending_of(path) == Some(ending));
        let path = path.ok_or_else(|| format!("the archive has no {ending}"))?;
        expect(path.split('.').count() > 2, &format!("{path} has no hash in its name"))?;
        let file = server.get(path, "")?;
        let there = fs::read(content.join("site").join(path.trim_start_matches('/'))).attempt("read the site")?;
        expect(file.status == 200 && file.body == there, &format!("{path} is not answered as it is"))?;
    }
    let account = server.get("/v1/account", &format!("Authorization: Bearer {key}\r\n"))?;
    expect(account.status == 200, &format!("the key does not authenticate: status {}", account.status))?;
    let refused = server.get("/v1/account", "Authorization: Bearer nonsense\r\n")?;
    expect(refused.status == 403, "a key nobody has authenticates")?;
    server.stop()?;

    let check = latchkey(&["serve", "--check"]).output().attempt("run it")?;
    expect(check.status.success(), &String::from_utf8_lossy(&check.stdout))
}

fn expect(holds: bool, otherwise: &str) -> Outcome<()> {
    if holds { Ok(()) } else { Err(otherwise.into()) }
}

/// The first file below `/pkg/` with that ending that the page names.
fn loaded_from(page: &str, ending: &str) -> Option<String> {
    let paths = page.split('"').filter(|text| text.starts_with("/pkg/"));
    paths.into_iter().find(|path| ending_of(path) == Some(ending)).map(str::to_owned)
}

fn ending_of(path: &str) -> Option<&str> {
    path.rsplit('.').next()
}

/// The paths by which the files below `site/pkg` are asked for.
fn site_files(content: &Path) -> Outcome<Vec<String>> {
    let entries = fs::read_dir(content.join("site/pkg")).attempt("read the site of the archive")?;
    let names = entries.map(|entry| entry.map(|entry| format!("/pkg/{}", entry.file_name().to_string_lossy())));
    names.collect::<Result<_, _>>().attempt("read the site of the archive")
}

/// systemd reads it without a complaint. The program and the user of the real thing are not on this machine.
fn unit_is_one(content: &Path) -> Outcome<()> {
    let unit = fs::read_to_string(content.join("latchkey.service")).attempt("read the unit")?;
    let Some(analyze) = find("systemd-analyze") else {
        eprintln!("    systemd-analyze is not here: the unit was not read by systemd");
        return Ok(());
    };
    let here = content.join("latchkey").display().to_string();
    let unit = unit.replace("/opt/latchkey/latchkey ", &format!("{here} "));
    let unit = unit.replace("User=latchkey\nGroup=latchkey\n", "");
    let directory = content.with_file_name("unit");
    fs::create_dir_all(&directory).attempt("create a directory for the unit")?;
    let path = directory.join("latchkey.service");
    fs::write(&path, unit).attempt("write the unit")?;
    let output =
        Command::new(analyze).args(["verify", "--man=no"]).arg(&path).output().attempt("run systemd-analyze")?;
    let said = String::from_utf8_lossy(&output.stderr);
    // Other units of the machine are none of ours.
    let about_ours: Vec<_> = said.lines().filter(|line| line.contains("latchkey")).collect();
    if output.status.success() && about_ours.is_empty() { Ok(()) } else { Err(said.into_owned().into()) }
}

/// A process that is ended whatever happens.
struct Server {
    child: Child,
    addr: String,
}

struct Answer {
    status: u16,
    body: Vec<u8>,
}

impl Server {
    fn start(mut command: Command) -> Outcome<Self> {
        let mut child = command.stdout(Stdio::piped()).spawn().attempt("start the program in the archive")?;
        let stdout = child.stdout.take().ok_or("it has no output")?;
        let mut server = Self { child, addr: String::new() };
        let mut line = String::new();
        // Ends with the process, if it never gets that far.
        BufReader::new(stdout).read_line(&mut line).attempt("read what it says")?;
        let addr = line.trim_end().strip_prefix("Latchkey is ready on http://");
        addr.ok_or_else(|| format!("it is not ready, and says `{line}`"))?.clone_into(&mut server.addr);
        Ok(server)
    }

    fn get(&self, path: &str, headers: &str) -> Outcome<Answer> {
        let mut stream = TcpStream::connect(&self.addr).attempt("connect")?;
        stream.set_read_timeout(Some(Duration::from_secs(60))).attempt("set a deadline")?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {}\r\n{headers}Connection: close\r\n\r\n", self.addr)
            .attempt("ask")?;
        let mut said = Vec::new();
        stream.read_to_end(&mut said).attempt(format!("read the answer to {path}"))?;
        let end = said.windows(4).position(|window| window == b"\r\n\r\n").ok_or("the answer has no end of headers")?;
        let head = String::from_utf8_lossy(&said[..end]).into_owned();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or("the answer has no status")?;
        Ok(Answer { status, body: said[end + 4..].to_vec() })
    }

    fn stop(&mut self) -> Outcome<()> {
        Program::new("kill").arg("-TERM").arg(self.child.id().to_string()).output()?;
        let status = self.child.wait().attempt("wait for it to stop")?;
        expect(status.success(), "it does not stop well")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_a_page_loads_are_found_by_their_endings() {
        let page =
            r#"<link href="/pkg/latchkey.a.css"><link href="/pkg/latchkey.b.js" as="script"> "/pkg/latchkey.c.wasm""#;
        assert_eq!(loaded_from(page, "wasm").as_deref(), Some("/pkg/latchkey.c.wasm"));
        assert_eq!(loaded_from(page, "js").as_deref(), Some("/pkg/latchkey.b.js"));
        assert_eq!(loaded_from(page, "png"), None);
    }
}
