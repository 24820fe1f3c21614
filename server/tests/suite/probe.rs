//! A customer's program: 50 authenticated requests a second, half of them on connections of their own.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

/// Each of the two kinds asks this often.
const EVERY: Duration = Duration::from_millis(40);

/// An answer counts until then. Much longer than it takes, because every other test may run at the same moment; much
/// shorter than one would wait for a place that nobody is made to leave.
const TOO_LATE: Duration = Duration::from_secs(10);

/// A request's answer: how long it took, or why there was none.
type Outcome = Result<Duration, String>;

pub struct Probe {
    asked: watch::Receiver<usize>,
    stop: watch::Sender<bool>,
    asking: JoinHandle<Vec<Outcome>>,
}

pub struct Report {
    outcomes: Vec<Outcome>,
}

impl Probe {
    /// Asks at `addr` whose key this is, over and over.
    pub fn start(addr: SocketAddr, authorization: String) -> Self {
        let (count, asked) = watch::channel(0);
        let (stop, mut stopped) = watch::channel(false);
        let request = |connection: &str| {
            format!("GET /v1/account HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\n{connection}\r\n")
        };
        let (alone, kept) = (request("Connection: close\r\n"), request(""));
        let asking = tokio::spawn(async move {
            let mut ticks = interval(EVERY);
            // On time, however long answers take: a probe that waits for the slow ones measures only the quick ones.
            ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
            let mut alone_asked = JoinSet::new();
            let mut on_kept = tokio::spawn(keep_asking(addr, kept, stopped.clone()));
            loop {
                tokio::select! {
                    _ = ticks.tick() => {
                        let alone = alone.clone();
                        alone_asked.spawn(async move { ask_alone(addr, &alone).await });
                        count.send_modify(|count| *count += 2);
                    }
                    _ = stopped.wait_for(|stopped| *stopped) => break,
                }
            }
            let mut outcomes = alone_asked.join_all().await;
            outcomes.extend((&mut on_kept).await.unwrap());
            outcomes
        });
        Self { asked, stop, asking }
    }

    /// Stops once so many requests have been made.
    pub async fn stop_after(mut self, requests: usize) -> Report {
        self.asked.wait_for(|asked| *asked >= requests).await.unwrap();
        self.stop.send(true).unwrap();
        Report { outcomes: self.asking.await.unwrap() }
    }
}

async fn ask_alone(addr: SocketAddr, request: &str) -> Outcome {
    let began = Instant::now();
    let answered = timeout(TOO_LATE, async {
        let mut stream = TcpStream::connect(addr).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut said = Vec::new();
        stream.read_to_end(&mut said).await?;
        Ok(said)
    });
    judge(answered.await, began)
}

/// Asks on one connection for as long as it is kept. A client looks whether the server has hung up before it asks.
async fn keep_asking(addr: SocketAddr, request: String, stopped: watch::Receiver<bool>) -> Vec<Outcome> {
    let mut ticks = interval(EVERY);
    let mut outcomes = Vec::new();
    let mut kept: Option<TcpStream> = None;
    while !*stopped.borrow() {
        ticks.tick().await;
        let began = Instant::now();
        let mut nothing = [0];
        if kept.as_ref().is_some_and(|stream| !matches!(stream.try_read(&mut nothing), Err(error) if error.kind() == std::io::ErrorKind::WouldBlock)) {
            kept = None;
        }
        let answered = timeout(TOO_LATE, async {
            let stream = match &mut kept {
                Some(stream) => stream,
                None => kept.insert(TcpStream::connect(addr).await?),
            };
            stream.write_all(request.as_bytes()).await?;
            read_answer(stream).await
        });
        let outcome = judge(answered.await, began);
        if outcome.is_err() {
            kept = None;
        }
        outcomes.push(outcome);
    }
    outcomes
}

/// Headers, and as much body as they say.
async fn read_answer(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut said = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&said).to_lowercase();
        if let Some((headers, body)) = text.split_once("\r\n\r\n") {
            let length = headers.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
            if length.is_some_and(|length| body.len() >= length) {
                return Ok(said);
            }
        }
        if stream.read_buf(&mut said).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
}

fn judge(answered: Result<std::io::Result<Vec<u8>>, tokio::time::error::Elapsed>, began: Instant) -> Outcome {
    match answered {
        Ok(Ok(said)) if said.starts_with(b"HTTP/1.1 200") => Ok(began.elapsed()),
        Ok(Ok(said)) => Err(format!("said {}", String::from_utf8_lossy(&said[..said.len().min(40)]))),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("no answer".to_owned()),
    }
}

impl Report {
    fn failures(&self) -> Vec<&String> {
        self.outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).collect()
    }

    /// At least 99.9 % of the requests were answered.
    pub fn assert_good(&self) {
        let (all, failures) = (self.outcomes.len(), self.failures());
        assert!(all >= 900 && failures.len() * 1_000 <= all, "{self}: {failures:?}");
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut took: Vec<Duration> =
            self.outcomes.iter().filter_map(|outcome| outcome.as_ref().ok().copied()).collect();
        took.sort();
        let part = |percent: usize| took.get(took.len().saturating_sub(1) * percent / 100).copied().unwrap_or_default();
        let failed = self.failures().len();
        let all = self.outcomes.len();
        write!(f, "{failed} of {all} requests failed, p50 {:?}, p99 {:?}, slowest {:?}", part(50), part(99), part(100))
    }
}
