//! Gateways as Debian packages them, in front of a small API, beside the program itself.

use crate::program::{Place, Served};
use crate::tools;
use app::features::admin::{GATEWAYS, Gateway};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// As long as a slow machine may take to start a program.
const PATIENCE: Duration = Duration::from_mins(1);

/// Which gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Nginx,
    Caddy,
}

/// The API that the gateway stands before. It answers every request with what it was sent, at `/broken/STATUS` with that
/// status, and remembers how many came.
pub struct Api {
    pub addr: SocketAddr,
    seen: Arc<Mutex<usize>>,
}

impl Api {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (addr, seen) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(0)));
        let count = Arc::clone(&seen);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let count = Arc::clone(&count);
                std::thread::spawn(move || echo(stream, &count));
            }
        });
        Self { addr, seen }
    }

    pub fn seen(&self) -> usize {
        *self.seen.lock().unwrap()
    }
}

/// Gateways also open connections that they send nothing on.
fn echo(mut stream: TcpStream, count: &Mutex<usize>) {
    let Some((head, body)) = read_message(&mut stream) else { return };
    *count.lock().unwrap() += 1;
    let path = head.split(' ').nth(1).unwrap_or_default();
    let status = path.strip_prefix("/broken/").unwrap_or("200");
    let text = if head.starts_with("HEAD ") { String::new() } else { format!("{head}\r\n\r\n{body}") };
    let length = text.len();
    let _ = write!(stream, "HTTP/1.1 {status} Said\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{text}");
}

/// Head and body of a message; `None` if the other side only closes.
fn read_message(stream: &mut TcpStream) -> Option<(String, String)> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).unwrap_or(0) == 0 {
            return None;
        }
    }
    let lower = head.to_ascii_lowercase();
    let length = lower.lines().find_map(|line| line.strip_prefix("content-length:")).map(|text| text.trim().parse());
    let mut body = vec![0; length.and_then(Result::ok).unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    Some((head.trim_end().to_owned(), String::from_utf8_lossy(&body).into_owned()))
}

/// What a client gets.
pub struct Reply {
    pub status: u16,
    head: String,
    pub body: String,
}

impl Reply {
    /// Every header of this name.
    pub fn all(&self, name: &str) -> Vec<&str> {
        values(&self.head, name)
    }

    /// What the API was sent under this name; `None` if it was not asked.
    pub fn api_saw(&self, name: &str) -> Vec<&str> {
        assert_eq!(self.status, 200, "{}", self.body);
        values(self.body.split("\r\n\r\n").next().unwrap(), name)
    }

    pub fn code(&self) -> String {
        let body: serde_json::Value =
            serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {}{}", self.head, self.body));
        body["code"].as_str().expect("a code").to_owned()
    }
}

fn values<'a>(head: &'a str, name: &str) -> Vec<&'a str> {
    let fields = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    fields.filter(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).collect()
}

/// A gateway that runs, ended with this value.
pub struct Running {
    child: Child,
    pub addr: SocketAddr,
    directory: TempDir,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    /// Starts it with the configuration that the dashboard shows for an installation at `latchkey`, in front of `api`. Only
    /// where it listens is another address, and where the API is.
    pub fn start(kind: Kind, latchkey: SocketAddr, api: SocketAddr) -> Self {
        let deadline = Instant::now() + PATIENCE;
        let mut last = String::new();
        for _ in 0..5 {
            // Free a moment ago: another program may be quicker.
            let addr = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
            let directory = tempfile::tempdir().unwrap();
            let child = kind.command(directory.path(), &kind.configuration(latchkey, addr, api)).spawn().unwrap();
            let mut running = Self { child, addr, directory };
            if running.is_ready(deadline) {
                return running;
            }
            last = running.log();
        }
        panic!("{kind:?} does not start: {last}")
    }

    fn is_ready(&mut self, deadline: Instant) -> bool {
        while Instant::now() < deadline && self.child.try_wait().unwrap().is_none() {
            if TcpStream::connect(self.addr).is_ok() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        false
    }

    pub fn log(&self) -> String {
        ["error.log", "access.log"]
            .map(|name| std::fs::read_to_string(self.directory.path().join(name)).unwrap_or_default())
            .join("\n")
    }

    /// Sends a request; each of `headers` is a whole line.
    pub fn send(&self, method: &str, target: &str, headers: &[&str], body: &str) -> Reply {
        let mut stream = TcpStream::connect(self.addr).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let lines: Vec<String> = headers.iter().map(|line| format!("{line}\r\n")).collect();
        let lines = lines.concat();
        let length = if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
        let addr = self.addr;
        // In one piece: a gateway that refuses the beginning closes while the rest still arrives, and that resets the connection.
        let request =
            format!("{method} {target} HTTP/1.1\r\nHost: {addr}\r\n{lines}{length}Connection: close\r\n\r\n{body}");
        stream.write_all(request.as_bytes()).unwrap();
        let mut said = String::new();
        stream.read_to_string(&mut said).unwrap();
        let (head, body) = said.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {said} {}", self.log()));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        Reply { status, head: head.to_owned(), body: body.to_owned() }
    }

    pub fn get(&self, target: &str, headers: &[&str]) -> Reply {
        self.send("GET", target, headers, "")
    }
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Caddy => "caddy",
        }
    }

    /// What it says of the configuration that the dashboard shows for an installation with https; whether it would take it.
    pub fn judges_configuration_for_https(self) -> (bool, String) {
        let directory = tempfile::tempdir().unwrap();
        let certificate = directory.path().join("somebody.pem");
        std::fs::write(&certificate, include_str!("somebody.pem")).unwrap();
        let text = self.gateway().configuration("https://127.0.0.1:8443");
        // Not every machine has a list of authorities.
        let text = text.replace("/etc/ssl/certs/ca-certificates.crt", certificate.to_str().unwrap());
        let text = text.replace("listen 80;", "listen 127.0.0.1:8080;");
        drop(self.command(directory.path(), &text));
        let conf = directory.path().join("gateway.conf");
        let mut command = Command::new(self.program());
        match self {
            Self::Nginx => command.arg("-p").arg(directory.path()).args(["-e", "error.log", "-t", "-c"]).arg(conf),
            Self::Caddy => command.args(["validate", "--adapter", "caddyfile", "--config"]).arg(conf),
        };
        let output = command.env_clear().env("HOME", directory.path()).output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    }

    fn gateway(self) -> &'static Gateway {
        GATEWAYS.iter().find(|gateway| gateway.name.eq_ignore_ascii_case(self.name())).unwrap()
    }

    /// What the dashboard shows for the installation at `latchkey`, with the addresses of this test.
    fn configuration(self, latchkey: SocketAddr, listen: SocketAddr, api: SocketAddr) -> String {
        let listens = match self {
            Self::Nginx => ("listen 80;".to_owned(), format!("listen {listen};")),
            Self::Caddy => ("api.example.com {".to_owned(), format!("http://{listen} {{")),
        };
        let mut text = self.gateway().configuration(&format!("http://{latchkey}"));
        for (shown, here) in [listens, ("127.0.0.1:8000".to_owned(), api.to_string())] {
            assert_eq!(text.matches(&shown).count(), 1, "{shown} in {text}");
            text = text.replace(&shown, &here);
        }
        text
    }

    fn command(self, directory: &Path, configuration: &str) -> Command {
        let (home, path) = (directory.display(), directory.join("gateway.conf"));
        let mut command = Command::new(self.program());
        match self {
            Self::Nginx => {
                let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
                    .map(|name| format!("{name}_temp_path {home}/{name};"))
                    .join(" ");
                std::fs::write(directory.join("site.conf"), configuration).unwrap();
                // A prefix, a log and a pid of its own; and one process, so that ending it ends all.
                let main = format!(
                    "daemon off; master_process off; pid {home}/pid; error_log {home}/error.log;\n\
                     events {{ worker_connections 64; }}\n\
                     http {{ access_log {home}/access.log; {temporary} include {home}/site.conf; }}\n"
                );
                std::fs::write(&path, main).unwrap();
                command.arg("-p").arg(directory).arg("-e").arg(directory.join("error.log")).arg("-c").arg(&path);
            }
            Self::Caddy => {
                let options = "{\n\tadmin off\n\tauto_https off\n}\n";
                std::fs::write(&path, format!("{options}{configuration}\n")).unwrap();
                command.args(["run", "--adapter", "caddyfile", "--config"]).arg(&path);
            }
        }
        let log = std::fs::File::options().create(true).append(true).open(directory.join("error.log")).unwrap();
        command.env_clear().env("HOME", directory).current_dir(directory);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        command
    }

    fn program(self) -> PathBuf {
        tools::find(self.name(), "bin")
    }
}

/// A program that serves, a gateway that asks it, and an API behind that.
pub struct Stage {
    pub place: Place,
    pub latchkey: Option<Served>,
    pub gateway: Running,
    pub api: Api,
    pub kind: Kind,
}

/// An account's key and who it is.
pub struct Owner {
    pub account: String,
    pub pair: String,
    pub key: String,
}

impl Stage {
    pub fn set(kind: Kind) -> Self {
        Self::set_with(kind, &[])
    }

    /// With these settings of the program.
    pub fn set_with(kind: Kind, variables: &[(&str, &str)]) -> Self {
        let place = Place::new();
        let latchkey = place.serve(variables);
        let api = Api::start();
        let gateway = Running::start(kind, latchkey.addr, api.addr);
        Self { place, latchkey: Some(latchkey), gateway, api, kind }
    }

    pub fn owner(&self, email: &str, external_id: Option<&str>) -> Owner {
        let mut arguments = vec!["account", "create", "--email", email, "--json"];
        arguments.extend(external_id.iter().flat_map(|id| ["--external-id", *id]));
        let made = self.place.run(&arguments).json();
        let text = |pointer: &str| made.pointer(pointer).unwrap().as_str().unwrap().to_owned();
        Owner { account: text("/account_id"), pair: text("/key_pair/id"), key: text("/key_pair/private_key") }
    }

    /// Rolls the owner's keys; answers the new one.
    pub fn roll(&self, owner: &Owner, expire_old: &str) -> String {
        let arguments = ["keys", "roll", "--account", &owner.account, "--expire-old", expire_old, "--json"];
        self.place.run(&arguments).json()["new"]["private_key"].as_str().unwrap().to_owned()
    }
}
