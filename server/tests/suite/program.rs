//! The program itself, run on a directory of its own.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::LazyLock;
use tempfile::TempDir;

/// The program in a directory of its own. Where cargo puts it, a build of the whole site leaves `hash.txt` beside it, and
/// then the program looks for files that the sites of these tests have not.
static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("program-alone");
    std::fs::create_dir_all(&directory).unwrap();
    let (draft, program) = (directory.join(std::process::id().to_string()), directory.join("latchkey"));
    link_program(&draft);
    std::fs::rename(&draft, &program).unwrap();
    // Renaming one name of a file to another name of the same file does nothing.
    let _ = std::fs::remove_file(&draft);
    program
});

/// Gives the program this name as well.
pub fn link_program(name: &Path) {
    let built = env!("CARGO_BIN_EXE_latchkey");
    std::fs::hard_link(built, name).or_else(|_| std::fs::copy(built, name).map(drop)).unwrap();
}

pub struct Place {
    pub directory: TempDir,
}

pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Said {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("not JSON: {} {}", self.out, self.err))
    }

    pub fn refusal(&self) -> serde_json::Value {
        assert_eq!((self.code, self.out.as_str()), (1, ""), "{}", self.err);
        serde_json::from_str(&self.err).unwrap_or_else(|_| panic!("not JSON: {}", self.err))
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().expect("an exit code"),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Place {
    pub fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self, name: &str) -> String {
        self.directory.path().join(name).to_str().unwrap().to_owned()
    }

    pub fn command(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
        self.command_by(&PROGRAM, arguments, variables)
    }

    fn command_by(&self, program: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.directory.path()).env_clear().env("USER", "tester");
        command.env("LATCHKEY_ADDR", "127.0.0.1:0").envs(variables.iter().copied());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Said {
        self.run_with(arguments, &[])
    }

    pub fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Said {
        self.command(arguments, variables).stdin(Stdio::null()).output().unwrap().into()
    }

    pub fn run_with_input(&self, arguments: &[&str], input: &str) -> Said {
        let mut command = self.command(arguments, &[]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap().into()
    }

    pub fn serve(&self, variables: &[(&str, &str)]) -> Served {
        self.serve_by(&PROGRAM, variables)
    }

    /// The same with a program that lies elsewhere.
    pub fn serve_by(&self, program: &Path, variables: &[(&str, &str)]) -> Served {
        self.await_ready(self.command_by(program, &["serve"], variables))
    }

    /// Starts a command that serves, and waits until it says so. Log lines go to `serve.log`, after what is there.
    pub fn await_ready(&self, mut command: Command) -> Served {
        let log = self.directory.path().join("serve.log");
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::options().create(true).append(true).open(&log).unwrap())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let addr = line.trim_end().strip_prefix("Latchkey is ready on http://").and_then(|addr| addr.parse().ok());
        let Some(addr) = addr else {
            let _ = child.kill();
            let _ = child.wait();
            panic!("not ready: {line}{}", std::fs::read_to_string(&log).unwrap());
        };
        Served { child, addr, out }
    }
}

pub struct Served {
    child: Child,
    pub addr: SocketAddr,
    out: BufReader<std::process::ChildStdout>,
}

impl Served {
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Where its metrics are, if it was asked for any: its second line says so.
    pub fn metrics_addr(&mut self) -> SocketAddr {
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        let addr =
            line.trim_end().strip_prefix("Metrics are at http://").and_then(|rest| rest.strip_suffix("/metrics"));
        addr.and_then(|addr| addr.parse().ok()).unwrap_or_else(|| panic!("no metrics: {line}"))
    }

    /// Asks over a connection of its own; answers the status and the whole answer.
    pub fn get(&self, target: &str, authorization: &str) -> (u16, String) {
        let header =
            if authorization.is_empty() { String::new() } else { format!("Authorization: {authorization}\r\n") };
        let said = self.ask(target, &header);
        let status = said.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        (status, said)
    }

    pub fn get_as_browser(&self, target: &str) -> String {
        self.ask(target, "Accept: text/html\r\n")
    }

    fn ask(&self, target: &str, headers: &str) -> String {
        ask_at(self.addr, target, headers)
    }

    pub fn signal(&self, name: &str) {
        let pid = self.id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    }

    /// The bytes of memory it uses now.
    #[cfg(target_os = "linux")]
    pub fn memory(&self) -> u64 {
        self.status("VmRSS:")
    }

    /// The most it has used.
    #[cfg(target_os = "linux")]
    pub fn peak_memory(&self) -> u64 {
        self.status("VmHWM:")
    }

    #[cfg(target_os = "linux")]
    fn status(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a line of this name");
        line.trim().strip_suffix(" kB").and_then(|kibibytes| kibibytes.parse::<u64>().ok()).expect("kB") * 1024
    }

    /// Stops it as a service manager does; answers the rest of stdout and whether it ended well.
    pub fn stop(self) -> (String, bool) {
        self.signal("-TERM");
        self.wait()
    }

    /// Waits for its end; answers the rest of stdout and whether it ended well.
    pub fn wait(mut self) -> (String, bool) {
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        (rest, self.child.wait().unwrap().success())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The whole answer of whoever listens there.
pub fn ask_at(addr: SocketAddr, target: &str, headers: &str) -> String {
    let mut stream = TcpStream::connect(addr).unwrap();
    write!(stream, "GET {target} HTTP/1.1\r\nHost: {addr}\r\n{headers}Connection: close\r\n\r\n").unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).unwrap();
    said
}

pub fn write(path: &str, text: &str) {
    std::fs::write(Path::new(path), text).unwrap();
}

/// What whoever runs the tests has said; no setting of the program's.
#[expect(clippy::disallowed_methods, reason = "only the program reads its environment in one place")]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
