//! Uploads files over and over, for `cargo xtask bench --uploads`: each with a token and a signature of its own, made on the spot.
//!
//! `upload_load ORIGIN PUBLIC_KEY PRIVATE_KEY signed|basic SIZE CONNECTIONS SECONDS`. `basic` sends the private key instead of a
//! signature, as a server would. Says one line of JSON: how many uploads were answered well a second, how long they took, and
//! how many were not. Each connection uploads at least one file, and waits for the last one it began.
#![expect(clippy::disallowed_methods, reason = "a client, by the clock of the machine and with arguments of its own")]

use data_encoding::{BASE64, HEXLOWER};
use hmac::{Hmac, KeyInit as _, Mac as _};
use server::output;
use sha1::Sha1;
use std::io::{Error, Result};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

const BOUNDARY: &str = "----upload-load-boundary";

/// What is sent of the file at once.
const PIECE: usize = 256 * 1024;

struct Plan {
    address: String,
    public_key: String,
    private_key: String,
    signed: bool,
    size: usize,
    until: Instant,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [origin, public_key, private_key, way, size, connections, seconds] = arguments.as_slice() else {
        return Err(Error::other("upload_load ORIGIN PUBLIC_KEY PRIVATE_KEY signed|basic SIZE CONNECTIONS SECONDS"));
    };
    let seconds: f64 = seconds.parse().map_err(Error::other)?;
    let began = Instant::now();
    let plan = Arc::new(Plan {
        address: origin.trim_start_matches("http://").to_owned(),
        public_key: public_key.clone(),
        private_key: private_key.clone(),
        signed: way == "signed",
        size: size.parse().map_err(Error::other)?,
        until: began + Duration::from_secs_f64(seconds),
    });
    let mut all = JoinSet::new();
    for number in 0..connections.parse::<usize>().map_err(Error::other)? {
        all.spawn(upload_over_and_over(Arc::clone(&plan), number));
    }
    let (mut took, mut failed) = (Vec::new(), 0);
    while let Some(ended) = all.join_next().await {
        let (times, failures) = ended.map_err(Error::other)??;
        took.extend(times);
        failed += failures;
    }
    let elapsed = began.elapsed().as_secs_f64();
    took.sort();
    let part = |percent: usize| took.get(took.len().saturating_sub(1) * percent / 100).copied().unwrap_or_default();
    let count = u32::try_from(took.len()).map_err(Error::other)?;
    output::json(&serde_json::json!({
        "perSecond": f64::from(count) / elapsed,
        "p50Ms": part(50).as_secs_f64() * 1e3,
        "p99Ms": part(99).as_secs_f64() * 1e3,
        "uploads": count,
        "failed": failed,
    }))
}

async fn upload_over_and_over(plan: Arc<Plan>, number: usize) -> Result<(Vec<Duration>, usize)> {
    let mut stream = TcpStream::connect(&plan.address).await?;
    stream.set_nodelay(true)?;
    let content = vec![b'x'; plan.size.min(PIECE)];
    let (mut took, mut failed) = (Vec::new(), 0);
    loop {
        let began = Instant::now();
        let (head, tail) = plan.request(number, took.len() + failed)?;
        stream.write_all(&head).await?;
        let mut left = plan.size;
        while left > 0 {
            let now = left.min(content.len());
            stream.write_all(&content[..now]).await?;
            left -= now;
        }
        stream.write_all(tail.as_bytes()).await?;
        let answer = read_answer(&mut stream).await?;
        if answer.starts_with("HTTP/1.1 200") {
            took.push(began.elapsed());
        } else {
            failed += 1;
            if failed == 1 {
                output::line(&answer)?;
            }
            stream = TcpStream::connect(&plan.address).await?;
        }
        if Instant::now() >= plan.until {
            return Ok((took, failed));
        }
    }
}

impl Plan {
    /// What comes before the file's bytes, and what comes after them.
    fn request(&self, connection: usize, number: usize) -> Result<(Vec<u8>, String)> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_err(Error::other)?;
        let field = |name: &str, value: &str| {
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let mut form = vec![field("fileName", "load.bin")];
        let mut authorization = String::new();
        if self.signed {
            let token = format!("{:032x}-{connection}-{number}", now.as_nanos());
            let expire = (now.as_secs() + 1_800).to_string();
            let mut mac = <Hmac<Sha1>>::new_from_slice(self.private_key.as_bytes()).map_err(Error::other)?;
            mac.update(format!("{token}{expire}").as_bytes());
            let signature = HEXLOWER.encode(&mac.finalize().into_bytes());
            form.push(field("publicKey", &self.public_key));
            form.push(field("signature", &signature));
            form.push(field("expire", &expire));
            form.push(field("token", &token));
        } else {
            let credentials = BASE64.encode(format!("{}:", self.private_key).as_bytes());
            authorization = format!("Authorization: Basic {credentials}\r\n");
        }
        form.push(format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"load.bin\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        ));
        let form = form.concat();
        let tail = format!("\r\n--{BOUNDARY}--\r\n");
        let length = form.len() + self.size + tail.len();
        let head = format!(
            "POST /api/v1/files/upload HTTP/1.1\r\nHost: {}\r\n{authorization}\
             Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {length}\r\n\r\n{form}",
            self.address
        );
        Ok((head.into_bytes(), tail))
    }
}

/// Headers, and as much body as they say.
async fn read_answer(stream: &mut TcpStream) -> Result<String> {
    let mut said = Vec::with_capacity(1_024);
    loop {
        if stream.read_buf(&mut said).await? == 0 {
            return Err(Error::other("the server hung up"));
        }
        let text = String::from_utf8_lossy(&said);
        let Some((headers, body)) = text.split_once("\r\n\r\n") else { continue };
        let lower = headers.to_ascii_lowercase();
        let length = lower.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse::<usize>().ok());
        if length.is_some_and(|length| body.len() >= length) {
            return Ok(text.into_owned());
        }
    }
}
