//! What the program writes about itself while people it should not trust choose every text they can.

use crate::program::{Place, variable};
use crate::world::{World, bearer, send_to};
use axum::routing::{MethodFilter, on};
use serde_json::Value;
use server::config::{Environment, SettingFlags, Settings};
use server::logging;
use server::middleware::{self, Around};
use server::routes::Kind;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_secs(30);

/// What would end a line, begin a field, hide or turn around what stands beside it, as bytes that can be sent.
const HOSTILE: [&str; 8] = [
    "\" status=200 x=\"",
    "%0a2026-11-23T00:00:00Z  INFO server: forged",
    "\u{2028}INFO forged\u{85}",
    "\u{202e}\u{2066}degrof",
    "\u{1b}[2K\u{1b}]0;forged\u{7}",
    "\",\"level\":\"ERROR\",\"forged\":\"",
    "\\\" \\n forged",
    "\u{feff}\u{200b}\u{e0001}forged",
];

/// Sends bytes as they are; answers what comes back, or nothing if the server hangs up.
fn send(addr: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(addr).unwrap();
    let _ = stream.write_all(request);
    let mut said = Vec::new();
    let _ = stream.read_to_end(&mut said);
    String::from_utf8_lossy(&said).into_owned()
}

/// Puts every hostile text everywhere a client can put one. Answers how many requests were understood.
fn provoke(addr: SocketAddr) -> usize {
    let mut answered = 0;
    for evil in HOSTILE {
        let in_path = evil.replace(' ', "%20").replace('\u{1b}', "%1b").replace('\u{7}', "%07");
        for request in [
            format!("GET /nowhere{in_path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
            format!("GET /nowhere{evil} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
            format!("GET /x?{in_path} HTTP/1.1\r\nHost: {evil}\r\nConnection: close\r\n\r\n"),
            format!(
                "GET /x HTTP/1.1\r\nHost: x\r\nUser-Agent: {evil}\r\nX-Request-Id: {evil}\r\nCookie: a={evil}\r\nReferer: {evil}\r\nX-Forwarded-For: {evil}\r\nAuthorization: {evil}\r\nConnection: close\r\n\r\n"
            ),
            format!("GET /v1/account HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {evil}\r\nConnection: close\r\n\r\n"),
            format!("FORGED{evil} /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
            sign_in(evil),
        ] {
            answered += usize::from(send(addr, request.as_bytes()).starts_with("HTTP/1.1 "));
        }
    }
    answered
}

fn sign_in(email: &str) -> String {
    let email: String = email.bytes().flat_map(|byte| format!("%{byte:02x}").into_bytes()).map(char::from).collect();
    let body = format!("email={email}%40example.org&password={email}");
    let path = crate::world::server_function("sign_in");
    format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nSec-Fetch-Site: same-origin\r\nAccept: application/json\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn written(place: &Place) -> String {
    std::fs::read_to_string(place.path("serve.log")).unwrap()
}

/// The fields of a text line behind its message; `None` if it is not one of ours.
fn text_fields(line: &str) -> Option<Vec<(String, String)>> {
    let (time, rest) = line.split_once(' ')?;
    let level = rest.trim_start().split(' ').next()?;
    let known = ["ERROR", "WARN", "INFO", "DEBUG", "TRACE"].contains(&level);
    let dated = time.len() == 27 && time.ends_with('Z');
    let visible = line.chars().all(|c| c.is_ascii_graphic() || c == ' ');
    if !(known && dated && visible) {
        return None;
    }
    let mut rest = &rest[rest.find("answered")? + "answered".len()..];
    let mut fields = Vec::new();
    while !rest.is_empty() {
        let (name, value) = rest.strip_prefix(' ')?.split_once('=')?;
        let end = match value.strip_prefix('"') {
            Some(quoted) => 2 + end_of_quoted(quoted)?,
            None => value.find(' ').unwrap_or(value.len()),
        };
        fields.push((name.to_owned(), value[..end].to_owned()));
        rest = &value[end..];
    }
    Some(fields)
}

fn end_of_quoted(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().find_map(|(at, c)| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends.then_some(at)
    })
}

#[test]
fn no_client_forges_a_line_or_a_field_of_the_text_log() {
    let place = Place::new();
    let served = place.serve(&[("LATCHKEY_LOG", "debug")]);
    let answered = provoke(served.addr);
    served.stop();
    let log = written(&place);
    let lines: Vec<&str> = log.lines().filter(|line| line.contains(": answered ")).collect();
    assert!(answered > 40 && lines.len() > 30, "{answered} {}", lines.len());
    for line in lines {
        let fields = text_fields(line).unwrap_or_else(|| panic!("not one of ours: {line:?}"));
        let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["method", "path", "status", "ms", "request_id"], "{line:?}");
    }
    for line in log.lines() {
        assert!(line.chars().all(|c| c.is_ascii_graphic() || c == ' ') && line.starts_with("20"), "{line:?}");
    }
}

#[test]
fn no_client_forges_a_line_or_a_field_of_the_json_log() {
    let place = Place::new();
    let served = place.serve(&[("LATCHKEY_LOG", "debug"), ("LATCHKEY_LOG_FORMAT", "json")]);
    let answered = provoke(served.addr);
    served.stop();
    let log = written(&place);
    assert!(log.is_ascii() && !log.bytes().any(|byte| byte.is_ascii_control() && byte != b'\n'), "{log}");
    let mut lines = 0;
    for line in log.lines() {
        let value: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"));
        let names: Vec<&String> = value.as_object().unwrap().keys().collect();
        let known = ["timestamp", "level", "fields", "target", "request_id"];
        assert!(names.iter().all(|name| known.contains(&name.as_str())), "{line}");
        if value["fields"]["message"] == "answered" {
            lines += 1;
            let fields: Vec<&String> = value["fields"].as_object().unwrap().keys().collect();
            assert_eq!(fields, ["message", "method", "ms", "path", "status"], "{line}");
            assert!(value["request_id"].as_str().unwrap().starts_with("req_"), "{line}");
        }
    }
    assert!(answered > 40 && lines > 30, "{answered} {lines}");
}

#[test]
fn a_successful_call_or_probe_is_not_worth_a_line_and_a_refused_call_is() {
    let place = Place::new();
    let served = place.serve(&[]);
    let created = place.run(&["account", "create", "--email", "ada@example.org", "--json"]).json();
    let key = bearer(created["key_pair"]["private_key"].as_str().unwrap());
    for _ in 0..20 {
        assert_eq!(served.get("/v1/account", &key).0, 200);
        assert_eq!((served.get("/readyz", "").0, served.get("/livez", "").0), (200, 200));
    }
    let (status, said) = served.get("/v1/account", &format!("{key}x"));
    let id = said.lines().find_map(|line| line.strip_prefix("x-request-id: ")).unwrap().trim();
    served.stop();
    let log = written(&place);
    let answered: Vec<&str> = log.lines().filter(|line| line.contains("answered")).collect();
    assert_eq!((status, answered.len()), (403, 1), "{log}");
    assert!(answered[0].contains(id) && answered[0].contains("path=\"/v1/account\" status=403"), "{log}");
}

/// A request that panics, in a process of its own: what follows is about that process's log.
#[tokio::test]
async fn a_panic_is_one_line_with_its_place_and_its_request() {
    const INSIDE: &str = "LATCHKEY_TEST_PANICS_INSIDE";
    let name = "logs::a_panic_is_one_line_with_its_place_and_its_request";
    let Some(format) = variable(INSIDE) else {
        for format in ["text", "json"] {
            let mut child = Command::new(std::env::current_exe().unwrap());
            child.args([name, "--exact", "--nocapture"]).env(INSIDE, format).env_remove("RUST_BACKTRACE");
            let output = child.output().unwrap();
            let log = String::from_utf8(output.stderr).unwrap();
            assert!(output.status.success(), "{log}");
            check_panics(&log, format);
        }
        return;
    };
    let settings = Environment::of(&[("LATCHKEY_LOG_FORMAT", &format)]);
    let settings = Settings::load(&SettingFlags::default(), &settings).unwrap();
    let flush = logging::start(&settings, "info");
    let world = World::http().await;
    let routes = axum::Router::new()
        .route("/data", on(MethodFilter::GET, async || -> () { panic!("{}", "a secret\nand a line") }))
        .route("/own", on(MethodFilter::GET, async || -> () { panic!("a text of ours") }));
    let router = middleware::wrap(routes, &Around::new(Kind::Api, &world.serving)).with_state(world.serving.clone());
    for path in ["/data", "/own"] {
        let answer = send_to(&router, "GET", path, &[], "").await;
        assert_eq!((answer.status.as_u16(), answer.json()["code"].as_str()), (500, Some("FAULT")));
        println!("answered {}", answer.header("x-request-id"));
    }
    drop(flush);
}

fn check_panics(log: &str, format: &str) {
    let lines: Vec<&str> = log.lines().collect();
    assert!(lines.len() == 4 && !log.contains("a secret"), "{log}");
    let panicked: Vec<&&str> = lines.iter().filter(|line| line.contains("the program panicked")).collect();
    assert_eq!(panicked.len(), 2, "{log}");
    for line in &panicked {
        assert!(line.contains("ERROR") && line.contains("req_") && line.contains("logs.rs:"), "{log}");
    }
    assert!(
        panicked[0].contains("(not logged: it is made of data)") && panicked[1].contains("a text of ours"),
        "{log}"
    );
    if format == "json" {
        assert!(lines.iter().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{log}");
    }
}

/// The program with its stderr in our hands; answers it, its address and its stderr.
fn serve_into_pipe(place: &Place) -> (std::process::Child, SocketAddr, std::process::ChildStderr) {
    let mut command = place.command(&["serve"], &[("LATCHKEY_LOG_FORMAT", "json")]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let addr = line.trim_end().strip_prefix("Latchkey is ready on http://").unwrap().parse().unwrap();
    let stderr = child.stderr.take().unwrap();
    (child, addr, stderr)
}

/// One connection, many refused calls, each of which is worth a line.
fn refused_calls(addr: SocketAddr, count: usize) {
    let mut stream = TcpStream::connect(addr).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    let path = "x".repeat(150);
    let request = format!("GET /v1/{path} HTTP/1.1\r\nHost: x\r\n\r\n");
    let mut said = [0; 8_192];
    for _ in 0..count {
        stream.write_all(request.as_bytes()).unwrap();
        let read = stream.read(&mut said).expect("an answer although nobody reads the log");
        assert!(said[..read].starts_with(b"HTTP/1.1 404"));
    }
}

fn terminate(mut child: std::process::Child) {
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    let began = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        assert!(began.elapsed() < SOON, "it ends");
        std::thread::sleep(Duration::from_millis(20));
    };
    assert!(status.success(), "{status}");
}

#[test]
fn a_log_that_nobody_reads_holds_up_nothing_and_counts_what_it_lost() {
    const CALLS: usize = 5_000;
    let place = Place::new();
    let (child, addr, mut stderr) = serve_into_pipe(&place);
    refused_calls(addr, CALLS);
    // Somebody reads again.
    let reading = std::thread::spawn(move || {
        let mut log = String::new();
        stderr.read_to_string(&mut log).unwrap();
        log
    });
    refused_calls(addr, 1);
    terminate(child);
    let log = reading.join().unwrap();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let answered = lines.iter().filter(|line| line["fields"]["message"] == "answered").count();
    let lost: u64 = lines.iter().filter_map(|line| line["fields"]["lines"].as_u64()).sum();
    assert!(lost > 0, "more than fits was logged");
    // On a busy machine the server says other things as well, of a slow statement say, and some of that is lost with the rest.
    let (counted, expected) = (answered as u64 + lost, CALLS as u64 + 1);
    assert!((expected..expected + 10).contains(&counted), "{counted} of {expected}");
}

#[test]
fn a_log_whose_reader_is_gone_breaks_nothing() {
    let place = Place::new();
    let (child, addr, stderr) = serve_into_pipe(&place);
    drop(stderr);
    refused_calls(addr, 50);
    terminate(child);
}
