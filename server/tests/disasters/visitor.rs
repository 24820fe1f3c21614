//! A browser, as far as the server can tell: it keeps cookies and calls server functions.

use domain::{PairId, SubmissionId};
use serde_json::{Value, json};
use server::routes;
use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::Duration;

pub const PASSWORD: &str = "an ocelot plays the bassoon";

/// No answer of ours takes longer, on the slowest machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// An answer whose status line has arrived; the rest of it may be missing if the process was killed.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    /// The status, and the code: of a JSON problem, or the bare one of a server function.
    pub fn said(&self) -> (u16, String) {
        let code = match serde_json::from_str(&self.body) {
            Ok(Value::String(code)) => code,
            Ok(Value::Object(problem)) => problem.get("code").and_then(Value::as_str).unwrap_or_default().to_owned(),
            _ => String::new(),
        };
        (self.status, code)
    }
}

/// Sends one request over a connection of its own; fails unless at least a status line comes back.
pub fn ask(addr: SocketAddr, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> io::Result<Answer> {
    let mut stream = TcpStream::connect(addr)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut request = format!("{method} {target} HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n");
    for (name, value) in headers {
        request.extend([name, ": ", value, "\r\n"]);
    }
    let length = body.len();
    stream.write_all(format!("{request}Content-Length: {length}\r\n\r\n{body}").as_bytes())?;
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes) {
        // Cut off by a kill: what has arrived has arrived.
        Err(error) if error.kind() != io::ErrorKind::ConnectionReset => Err(error),
        _ => parse(&String::from_utf8_lossy(&bytes)).ok_or_else(|| io::ErrorKind::UnexpectedEof.into()),
    }
}

fn parse(text: &str) -> Option<Answer> {
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
    let (status_line, head) = head.split_once("\r\n")?;
    let headers: Vec<_> = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let chunked = headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
    let body = if chunked { unchunk(body) } else { body.to_owned() };
    Some(Answer { status: status_line.split(' ').nth(1)?.parse().ok()?, headers, body })
}

fn unchunk(mut rest: &str) -> String {
    let mut whole = String::new();
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap_or(0);
        let Some(chunk) = after.get(..size).filter(|_| size > 0) else {
            break;
        };
        whole.push_str(chunk);
        rest = after.get(size + 2..).unwrap_or_default();
    }
    whole
}

/// The whole path of a server function, which ends in a hash.
fn server_function(name: &str) -> &'static str {
    routes::path_of_function(&format!("/_srv/{name}")).expect("a function of this name")
}

/// Somebody with a browser. What they call is answered like any browser with JavaScript.
#[derive(Clone)]
pub struct Visitor {
    addr: SocketAddr,
    cookies: BTreeMap<String, String>,
    comes_from: IpAddr,
    pub email: String,
}

impl Visitor {
    pub fn new(addr: SocketAddr, email: &str) -> Self {
        Self { addr, cookies: BTreeMap::new(), comes_from: IpAddr::from([127, 0, 0, 1]), email: email.to_owned() }
    }

    /// The same browser, once the server is back at another address.
    pub fn moved_to(self, addr: SocketAddr) -> Self {
        Self { addr, ..self }
    }

    /// Where the browser is, as a proxy says it.
    pub fn come_from(&mut self, address: IpAddr) {
        self.comes_from = address;
    }

    /// The same person at another browser.
    pub fn without_cookies(self) -> Self {
        Self { cookies: BTreeMap::new(), ..self }
    }

    /// Where the server is.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    fn headers(&self) -> Vec<(&'static str, String)> {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        vec![
            ("Cookie", cookies.join("; ")),
            ("Sec-Fetch-Site", "same-origin".to_owned()),
            ("X-Forwarded-For", self.comes_from.to_string()),
        ]
    }

    fn send(&self, method: &str, target: &str, more: &[(&str, &str)], body: &str) -> io::Result<Answer> {
        let own = self.headers();
        let mut headers: Vec<_> = own.iter().map(|(name, value)| (*name, value.as_str())).collect();
        headers.extend_from_slice(more);
        ask(self.addr, method, target, &headers, body)
    }

    /// A page, as the browser asks for it.
    pub fn page(&self, target: &str) -> Answer {
        self.send("GET", target, &[("Accept", "text/html")], "").unwrap()
    }

    /// A form sent by the browser itself: without WASM.
    pub fn send_plain(&self, function: &str, form: &str) -> Answer {
        let headers = [("Accept", "text/html"), ("Content-Type", "application/x-www-form-urlencoded")];
        self.send("POST", server_function(function), &headers, form).unwrap()
    }

    /// Calls a server function. Fails if the process dies before it answers.
    pub fn try_call(&mut self, function: &str, form: &str) -> io::Result<Answer> {
        let kind = if form.starts_with('{') { "application/json" } else { "application/x-www-form-urlencoded" };
        let headers = [("Accept", "application/json"), ("Content-Type", kind)];
        let answer = self.send("POST", server_function(function), &headers, form)?;
        for (name, value) in &answer.headers {
            if let Some((cookie, _)) = value.split_once(';').filter(|_| name == "set-cookie") {
                let (name, value) = cookie.split_once('=').unwrap();
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        Ok(answer)
    }

    pub fn call(&mut self, function: &str, form: &str) -> Answer {
        self.try_call(function, form).unwrap()
    }

    pub fn sign_up_form(&self) -> String {
        format!("email={}&password={PASSWORD}", self.email).replace(' ', "+").replace('@', "%40")
    }

    /// Signs up, and must succeed.
    pub fn sign_up(&mut self) {
        let form = self.sign_up_form();
        let answer = self.call("sign_up", &form);
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    /// What the developers tab is told.
    pub fn tab(&mut self) -> Value {
        let answer = self.call("load_developers_tab", "");
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    /// The tab's pairs, newest first.
    pub fn pairs(&mut self) -> Vec<Value> {
        self.tab()["pairs"].as_array().unwrap().clone()
    }

    /// The id of the active pair.
    pub fn active(&mut self) -> PairId {
        self.pairs()[0]["id"].as_str().unwrap().parse().unwrap()
    }

    /// The private key of a pair, revealed; must succeed.
    pub fn reveal(&mut self, pair: &PairId) -> String {
        let answer = self.call("reveal_key", &reveal_form(pair));
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json().as_str().unwrap().to_owned()
    }

    /// Rolls a pair, and must succeed; answers what was said.
    pub fn roll(&mut self, pair: &PairId, expire_old: &str) -> Value {
        let answer = self.call("roll_keys", &roll_form(pair, &new_submission(), expire_old));
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }
}

pub fn new_submission() -> SubmissionId {
    use backend::Clock as _;
    SubmissionId::mint(backend::SystemClock.now(), &backend::OsEntropy)
}

pub fn roll_form(pair: &PairId, submission: &SubmissionId, expire_old: &str) -> String {
    format!("pair={pair}&submission={submission}&expire_old={}&password=", expire_old.replace(':', "%3A"))
}

pub fn expire_form(pair: &PairId) -> String {
    format!("pair={pair}&password=")
}

pub fn reveal_form(pair: &PairId) -> String {
    json!({ "pair": pair.to_string(), "password": null }).to_string()
}

/// What a program is told that authenticates with this key.
pub fn authenticate(addr: SocketAddr, private_key: &str) -> Answer {
    ask(addr, "GET", "/v1/account", &[("Authorization", &format!("Bearer {private_key}"))], "").unwrap()
}
