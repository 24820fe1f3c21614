//! Clients that keep the program waiting, in every way there is: each is sent away within 15 seconds, and those who do
//! what they came for notice nothing.

use crate::probe::Probe;
use crate::program::{Place, Served, variable};
use crate::world::{World, bearer};
use server::accept::{self, Connections, Limits, Stopping};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

/// Within which a slow client is to be gone.
const GONE: Duration = Duration::from_secs(15);

/// How long a test waits for a client that is not sent away.
const FAR_TOO_LONG: Duration = Duration::from_secs(40);

/// More than all the buffers between server and client hold.
const LARGE: u64 = 16 * 1024 * 1024;

const HEADERS: &[u8] =
    b"GET /sign-in HTTP/1.1\r\nHost: x\r\nX-Slow: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const WHOLE: &[u8] = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n";
const WITH_LENGTH: &[u8] = b"POST /v1/account HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n";
const CHUNKED: &[u8] = b"POST /v1/account HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
const LARGE_FILE: &[u8] = b"GET /pkg/large.bin HTTP/1.1\r\nHost: x\r\n\r\n";

const FIELDS: &str =
    "--b\r\nContent-Disposition: form-data; name=\"fileName\"\r\n\r\nslow.bin\r\n--b\r\nContent-Disposition: form-data";

/// So much of a file that some of it is written.
fn file_begins() -> String {
    let part = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"slow.bin\"\r\n\r\n";
    format!("{part}{}", "a beginning ".repeat(30_000))
}

/// The beginning of an upload that says it is long.
fn upload(headers: &str, body: &str) -> Vec<u8> {
    let head = "POST /api/v1/files/upload HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\n";
    format!("{head}{headers}Content-Length: 5000000\r\n\r\n{body}").into_bytes()
}

/// The ways of being slow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Manner {
    Silent,
    /// One byte, as late as may be, and then nothing.
    FirstByteLate,
    /// A byte of headers every second.
    Headers,
    /// A byte of headers just before each deadline one might think of.
    HeadersEverySevenSeconds,
    /// A body of known length, a byte every second.
    Body,
    ChunkedBody,
    /// As late as may be with the headers, and then a slow body.
    HeadersAndBody,
    /// One good request, and then nothing.
    Idle,
    /// Half a request, and then its own end of the connection closed.
    HalfClosed,
    /// Asks for much and takes nothing.
    TakesNothing,
    /// Asks for much and takes a byte every second.
    TakesLittle,
    /// Asks over and over and takes no answer.
    AsksOnly,
    /// Some of a file, and then a byte of it every second.
    Upload,
    /// The same without saying whose it is: that may come after the file.
    StrangersUpload,
    /// A form that never comes to its file.
    UploadWithoutFile,
}

impl Manner {
    const ALL: [Self; 15] = [
        Self::Silent,
        Self::FirstByteLate,
        Self::Headers,
        Self::HeadersEverySevenSeconds,
        Self::Body,
        Self::ChunkedBody,
        Self::HeadersAndBody,
        Self::Idle,
        Self::HalfClosed,
        Self::TakesNothing,
        Self::TakesLittle,
        Self::AsksOnly,
        Self::Upload,
        Self::StrangersUpload,
        Self::UploadWithoutFile,
    ];

    /// Is slow in this manner until the server hangs up. `key` is of an account.
    async fn be(self, addr: SocketAddr, key: &str) -> std::io::Result<()> {
        let mut stream = connect(addr).await?;
        let second = Duration::from_secs(1);
        match self {
            Self::Silent => hang_on(&mut stream).await,
            Self::FirstByteLate => drip(&mut stream, b"G", 7 * second).await,
            Self::Headers => drip(&mut stream, HEADERS, second).await,
            Self::HeadersEverySevenSeconds => drip(&mut stream, HEADERS, 7 * second).await,
            Self::Body => {
                stream.write_all(WITH_LENGTH).await?;
                drip(&mut stream, &[b'x'; 100], second).await;
            }
            Self::ChunkedBody => {
                stream.write_all(CHUNKED).await?;
                drip(&mut stream, &b"1\r\nx\r\n".repeat(50), second).await;
            }
            Self::HeadersAndBody => {
                sleep(7 * second).await;
                stream.write_all(WITH_LENGTH).await?;
                drip(&mut stream, &[b'x'; 100], second).await;
            }
            Self::Idle => {
                stream.write_all(WHOLE).await?;
                hang_on(&mut stream).await;
            }
            Self::HalfClosed => {
                stream.write_all(HEADERS).await?;
                stream.shutdown().await?;
                hang_on(&mut stream).await;
            }
            Self::TakesNothing => {
                stream.write_all(LARGE_FILE).await?;
                until_felt(&mut stream, 0).await;
            }
            Self::TakesLittle => {
                stream.write_all(LARGE_FILE).await?;
                until_felt(&mut stream, 1).await;
            }
            Self::Upload => {
                let authorization = format!("Authorization: {key}\r\n");
                stream.write_all(&upload(&authorization, &file_begins())).await?;
                drip(&mut stream, &[b'x'; 100], second).await;
            }
            Self::StrangersUpload => {
                stream.write_all(&upload("", &file_begins())).await?;
                drip(&mut stream, &[b'x'; 100], second).await;
            }
            Self::UploadWithoutFile => {
                stream.write_all(&upload("", "")).await?;
                drip(&mut stream, FIELDS.as_bytes(), second).await;
            }
            Self::AsksOnly => while stream.write_all(WHOLE).await.is_ok() {},
        }
        Ok(())
    }
}

/// With small buffers, as slow clients have them.
async fn connect(addr: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(4_096)?;
    socket.connect(addr).await
}

/// Takes what comes until the server hangs up.
async fn hang_on(stream: &mut TcpStream) {
    let mut bytes = [0; 4_096];
    while stream.read(&mut bytes).await.is_ok_and(|read| read > 0) {}
}

/// Sends a byte at a time, the first one after a pause, too, until the server hangs up.
async fn drip(stream: &mut TcpStream, bytes: &[u8], pause: Duration) {
    let (mut reading, mut writing) = stream.split();
    let drip = async {
        for byte in bytes {
            sleep(pause).await;
            if writing.write_all(&[*byte]).await.is_err() {
                return;
            }
        }
        std::future::pending::<()>().await;
    };
    let hang_on = async {
        let mut bytes = [0; 4_096];
        while reading.read(&mut bytes).await.is_ok_and(|read| read > 0) {}
    };
    tokio::select! {
        () = drip => {}
        () = hang_on => {}
    }
}

/// Takes some bytes every second until the server hangs up. That is felt by writing: what was sent before is still there
/// to be read.
async fn until_felt(stream: &mut TcpStream, taken: usize) {
    let mut bytes = vec![0; taken];
    for fifth in 0_u32.. {
        if fifth.is_multiple_of(5) && taken > 0 {
            let _ = stream.try_read(&mut bytes);
        }
        if stream.write_all(b" ").await.is_err() {
            return;
        }
        sleep(Duration::from_millis(200)).await;
    }
}

fn large_file(directory: &str) {
    std::fs::create_dir_all(directory).unwrap();
    // Without content, and so without room on the disk.
    std::fs::File::create(format!("{directory}/large.bin")).unwrap().set_len(LARGE).unwrap();
}

/// The program, with an account, its key, and something large to ask for.
fn start() -> (Place, Served, String) {
    let place = Place::new();
    large_file(&place.path("target/site/pkg"));
    let served = place.serve(&[]);
    let created = place.run(&["account", "create", "--email", "ada@example.org", "--json"]).json();
    let key = bearer(created["key_pair"]["private_key"].as_str().unwrap());
    (place, served, key)
}

/// Waits until so many files are on their way in.
async fn until_staged(place: &Place, files: usize) {
    let began = Instant::now();
    loop {
        let staging = std::fs::read_dir(place.path("data/files/staging")).unwrap();
        let processes = staging.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
        let staged: usize = processes.map(|process| std::fs::read_dir(process).unwrap().count()).sum();
        if staged == files {
            return;
        }
        assert!(began.elapsed() < FAR_TOO_LONG, "{staged} files are staged, and not {files}");
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_clients_are_sent_away_and_the_others_notice_nothing() {
    const OF_EACH: usize = 4;
    let (place, served, key) = start();
    let probe = Probe::start(served.addr, key.clone());
    let mut slow = JoinSet::new();
    for manner in std::iter::repeat_n(Manner::ALL, OF_EACH).flatten() {
        let (addr, key) = (served.addr, key.clone());
        slow.spawn(async move {
            let began = Instant::now();
            let ended = tokio::time::timeout(FAR_TOO_LONG, manner.be(addr, &key)).await;
            (manner, ended.is_ok(), began.elapsed())
        });
    }
    // Of each of the two ways of uploading a file.
    until_staged(&place, 2 * OF_EACH).await;
    let mut longest = BTreeMap::new();
    while let Some(ended) = slow.join_next().await {
        let (manner, closed, took) = ended.unwrap();
        assert!(closed, "{manner:?} is still there");
        let longest: &mut Duration = longest.entry(manner).or_default();
        *longest = took.max(*longest);
    }
    let report = probe.stop_after(1_000).await;
    println!("gone after {longest:?}; {report}");
    assert!(longest.values().all(|took| *took < GONE), "{longest:?}");
    until_staged(&place, 0).await;
    assert!(longest[&Manner::Silent] > Duration::from_secs(5), "the others were given their time: {longest:?}");
    report.assert_good();
}

/// Four times as many slow clients as there are places, who all come back when they are sent away. Only those who cost
/// the server nothing: two cores that are busy with other tests are to be enough.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_clients_on_every_place_keep_nobody_out() {
    const PLACES: usize = 100;
    const MANNERS: [Manner; 5] = [Manner::Silent, Manner::Headers, Manner::Body, Manner::Idle, Manner::TakesNothing];
    let world = World::http().await;
    large_file(world.directory.path().join("site/pkg").to_str().unwrap());
    let created = world.account().await;
    let key = bearer(created.first_pair.private_key.expose());
    let listener = accept::listen("127.0.0.1:0".parse().unwrap()).unwrap();
    let addr = listener.local_addr().unwrap();
    let (_ask, asked) = mpsc::channel(1);
    let limits = Limits { connections: PLACES, ..Limits::default() };
    tokio::spawn(accept::serve(
        listener,
        world.router.clone(),
        limits,
        Stopping::default(),
        Connections::default(),
        asked,
    ));

    let mut slow = JoinSet::new();
    for manner in MANNERS.into_iter().cycle().take(PLACES * 4) {
        slow.spawn(async move {
            loop {
                let _ = manner.be(addr, "").await;
                sleep(Duration::from_secs(2)).await;
            }
        });
    }
    let report = Probe::start(addr, key).stop_after(1_000).await;
    slow.shutdown().await;
    println!("{report}");
    report.assert_good();
}

/// The same by a tool that others wrote for it, a minute for each of its ways, with more connections than there are
/// places.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slowhttptest_keeps_nobody_out() {
    if variable("LATCHKEY_TEST_DEEP").is_none() {
        return;
    }
    for (mode, target) in [("-H", "/sign-in"), ("-B", "/sign-in"), ("-X", "/pkg/large.bin"), ("-R", "/pkg/large.bin")] {
        let (_place, served, key) = start();
        let attack = Attack::start(mode, format!("http://{}{target}", served.addr));
        let report = Probe::start(served.addr, key).stop_after(3_000).await;
        println!("slowhttptest {mode}, {} times: {report}", attack.stop());
        report.assert_good();
    }
}

/// slowhttptest, over and over: it ends when the last of its connections has been closed.
struct Attack {
    stop: Arc<AtomicBool>,
    times: std::thread::JoinHandle<usize>,
}

impl Attack {
    fn start(mode: &'static str, url: String) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let times = std::thread::spawn(move || {
            let mut times = 0;
            while !stopped.load(Ordering::Relaxed) {
                times += 1;
                let mut tool = slowhttptest(mode, &url).spawn().unwrap();
                let status = loop {
                    if let Some(status) = tool.try_wait().unwrap() {
                        break Some(status);
                    }
                    if stopped.load(Ordering::Relaxed) {
                        tool.kill().unwrap();
                        tool.wait().unwrap();
                        break None;
                    }
                    std::thread::sleep(Duration::from_millis(100));
                };
                let there = status.is_none_or(|status| status.code() != Some(127));
                assert!(there, "slowhttptest was not found: `cargo xtask test --deep` gets it");
            }
            times
        });
        Self { stop, times }
    }

    /// Answers how often it was started.
    fn stop(self) -> usize {
        self.stop.store(true, Ordering::Relaxed);
        self.times.join().unwrap()
    }
}

fn slowhttptest(mode: &str, url: &str) -> Command {
    let more_than_there_are_places = (Limits::default().connections + 500).to_string();
    let mut command = Command::new("sh");
    command
        // It needs a descriptor for each connection, which is more than most shells allow at first.
        .args(["-c", "ulimit -n \"$(ulimit -Hn)\" && exec slowhttptest \"$@\"", "sh"])
        .args([mode, "-c", &more_than_there_are_places, "-r", "1000", "-i", "8", "-l", "60", "-p", "5", "-u", url])
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    command
}
