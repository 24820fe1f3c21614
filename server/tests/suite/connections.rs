//! What one connection may ask of the process.

use axum::Router;
use axum::routing::{get, post};
use server::accept::{self, Connections, Limits, Stopping};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

const SOON: Duration = Duration::from_secs(5);
const HEADERS: Duration = Duration::from_millis(300);

/// More than all the buffers on the way hold.
const LARGE: usize = 8 * 1024 * 1024;

struct Running {
    addr: SocketAddr,
    ask: mpsc::Sender<()>,
    stopping: Stopping,
    ended: JoinHandle<()>,
}

async fn start(limits: Limits) -> Running {
    let listener = accept::listen("127.0.0.1:0".parse().unwrap()).unwrap();
    let addr = listener.local_addr().unwrap();
    let slow = async || {
        tokio::time::sleep(Duration::from_millis(400)).await;
        "done"
    };
    let router = Router::new()
        .route("/", get(|| async { "hello" }))
        .route("/slow", get(slow))
        .route("/refusing", post(|| async { ([("connection", "close")], "too large") }))
        .route("/never", get(std::future::pending::<()>))
        .route("/large", get(|| async { vec![0_u8; LARGE] }));
    let (ask, asked) = mpsc::channel(1);
    let stopping = Stopping::default();
    let ended = tokio::spawn(accept::serve(listener, router, limits, stopping.clone(), Connections::default(), asked));
    Running { addr, ask, stopping, ended }
}

fn limits_without_notice() -> Limits {
    Limits { notice: Duration::ZERO, ..Limits::default() }
}

fn limits() -> Limits {
    Limits { headers: HEADERS, ..Limits::default() }
}

/// Everything the server says until it hangs up, and how long that took.
async fn until_closed(stream: &mut TcpStream) -> (String, Duration) {
    let began = Instant::now();
    let mut said = Vec::new();
    let _ = timeout(SOON, stream.read_to_end(&mut said)).await.expect("the server hangs up");
    (String::from_utf8_lossy(&said).into_owned(), began.elapsed())
}

#[tokio::test]
async fn a_silent_connection_is_closed() {
    let running = start(limits()).await;
    let mut stream = TcpStream::connect(running.addr).await.unwrap();
    let (said, took) = until_closed(&mut stream).await;
    assert!(!said.contains("200") && took >= HEADERS / 2, "{said} {took:?}");
}

#[tokio::test]
async fn headers_that_trickle_in_are_cut_off() {
    let running = start(limits()).await;
    let mut stream = TcpStream::connect(running.addr).await.unwrap();
    let began = Instant::now();
    for byte in b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: aaaaaaaaaaaaaaaaaaaaaaaaaaaa".iter().cycle() {
        if stream.write_all(&[*byte]).await.is_err() || began.elapsed() > SOON {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(began.elapsed() < SOON / 2);
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_its_answer() {
    let running = start(limits()).await;
    let mut stream = TcpStream::connect(running.addr).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let (said, _) = until_closed(&mut stream).await;
    assert!(said.starts_with("HTTP/1.1 200") && said.contains("hello"), "{said}");
}

#[tokio::test]
async fn headers_larger_than_the_buffer_are_refused() {
    let running = start(Limits::default()).await;
    let mut stream = TcpStream::connect(running.addr).await.unwrap();
    let request = format!("GET / HTTP/1.1\r\nHost: x\r\nX-Large: {}\r\n\r\n", "a".repeat(20_000));
    let _ = stream.write_all(request.as_bytes()).await;
    let (said, _) = until_closed(&mut stream).await;
    assert!(said.is_empty() || said.starts_with("HTTP/1.1 431"), "{said}");
}

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";

/// Asks, and waits for the beginning of the answer.
async fn is_answered(stream: &mut TcpStream) -> bool {
    let mut said = [0; 12];
    let asked = stream.write_all(REQUEST).await.is_ok();
    asked && timeout(SOON, stream.read_exact(&mut said)).await.unwrap().is_ok() && said == *b"HTTP/1.1 200"
}

#[tokio::test]
async fn whoever_kept_us_waiting_longest_gives_up_their_place() {
    let patient = Limits { connections: 2, headers: SOON * 2, ..Limits::default() };
    let running = start(patient).await;
    let mut first = TcpStream::connect(running.addr).await.unwrap();
    let mut second = TcpStream::connect(running.addr).await.unwrap();
    assert!(is_answered(&mut first).await, "from now on the second one has been waited for longer");
    let mut third = TcpStream::connect(running.addr).await.unwrap();
    assert!(is_answered(&mut third).await, "there is room");
    let (said, _) = until_closed(&mut second).await;
    assert_eq!(said, "", "the silent one was sent away");
    let mut rest = [0; 1_024];
    let _ = first.read(&mut rest).await.unwrap();
    assert!(is_answered(&mut first).await, "the other one was not");
}

#[tokio::test]
async fn nobody_who_is_being_served_loses_their_place() {
    let running = start(Limits { connections: 1, ..Limits::default() }).await;
    let mut first = TcpStream::connect(running.addr).await.unwrap();
    first.write_all(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let mut second = TcpStream::connect(running.addr).await.unwrap();
    second.write_all(REQUEST).await.unwrap();
    let (said, _) = until_closed(&mut first).await;
    assert!(said.contains("done"), "{said}");
    let mut byte = [0];
    assert_eq!(timeout(SOON, second.read(&mut byte)).await.unwrap().unwrap(), 1, "then it is the second one's turn");
}

/// A client whose own buffer is small, so that what it does not read stays with the server.
async fn reader(addr: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let mut stream = socket.connect(addr).await.unwrap();
    stream.write_all(b"GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    stream
}

#[tokio::test]
async fn an_answer_that_nobody_takes_is_broken_off() {
    let running = start(Limits { answer: Duration::from_millis(300), ..Limits::default() }).await;
    let mut stream = reader(running.addr).await;
    let began = Instant::now();
    // The server's end is felt by writing: what it sent before that may still be read.
    while stream.write_all(b"x").await.is_ok() {
        assert!(began.elapsed() < SOON, "the server hangs up");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(began.elapsed() >= Duration::from_millis(300), "{:?}", began.elapsed());
}

#[tokio::test]
async fn an_answer_that_is_taken_slowly_but_steadily_arrives_whole() {
    let within = Duration::from_secs(4);
    let running = start(Limits { answer: within, ..Limits::default() }).await;
    let mut stream = reader(running.addr).await;
    let (began, mut taken, mut pauses, mut bytes) = (Instant::now(), 0, 0, vec![0; 40_000]);
    loop {
        match timeout(within, stream.read(&mut bytes)).await.unwrap().unwrap() {
            0 => break,
            more => taken += more,
        }
        if taken / 65_536 > pauses {
            pauses = taken / 65_536;
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
    }
    assert!(taken > LARGE && began.elapsed() > within, "{taken} {:?}", began.elapsed());
}

#[tokio::test]
async fn requests_under_way_are_answered_before_the_process_stops() {
    let running = start(limits_without_notice()).await;
    let mut stream = TcpStream::connect(running.addr).await.unwrap();
    stream.write_all(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    running.ask.send(()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!running.ended.is_finished(), "it waits for what is under way");
    assert!(TcpStream::connect(running.addr).await.is_err(), "and takes nothing new");
    let (said, _) = until_closed(&mut stream).await;
    assert!(said.contains("done") && said.contains("connection: close"), "{said}");
    timeout(SOON, running.ended).await.expect("it stops").unwrap();
}

#[tokio::test]
async fn before_it_stops_the_process_gives_notice() {
    let running = start(Limits { notice: Duration::from_millis(500), ..Limits::default() }).await;
    let mut kept = TcpStream::connect(running.addr).await.unwrap();
    assert!(is_answered(&mut kept).await);
    running.ask.send(()).await.unwrap();
    let asked = Instant::now();
    while !running.stopping.has_begun() {
        assert!(asked.elapsed() < SOON, "it says that it stops");
        tokio::task::yield_now().await;
    }
    let mut new = TcpStream::connect(running.addr).await.expect("it is still there");
    new.write_all(REQUEST).await.unwrap();
    kept.write_all(REQUEST).await.unwrap();
    for stream in [&mut new, &mut kept] {
        let (said, _) = until_closed(stream).await;
        assert!(said.contains("connection: close") && said.ends_with("hello"), "{said}");
    }
    timeout(SOON, running.ended).await.expect("it stops").unwrap();
    assert!(TcpStream::connect(running.addr).await.is_err());
}

/// On one thread, so that the server sees nothing of this before all of it has happened.
#[tokio::test(flavor = "current_thread")]
async fn whoever_was_connected_at_the_last_moment_is_answered() {
    use std::io::Write as _;
    let running = start(limits_without_notice()).await;
    tokio::task::yield_now().await;
    let late: Vec<_> = (0..20)
        .map(|_| {
            let mut stream = std::net::TcpStream::connect(running.addr).unwrap();
            stream.write_all(REQUEST).unwrap();
            stream
        })
        .collect();
    running.ask.try_send(()).unwrap();
    for stream in late {
        stream.set_nonblocking(true).unwrap();
        let (said, _) = until_closed(&mut TcpStream::from_std(stream).unwrap()).await;
        assert!(said.ends_with("hello"), "{said}");
    }
    timeout(SOON, running.ended).await.expect("it stops").unwrap();
}

#[tokio::test]
async fn an_answer_arrives_although_its_request_is_still_on_its_way() {
    let running = start(Limits::default()).await;
    let mut stream = TcpStream::connect(running.addr).await.unwrap();
    let headers = format!("POST /refusing HTTP/1.1\r\nHost: x\r\nContent-Length: {LARGE}\r\n\r\n");
    stream.write_all(headers.as_bytes()).await.unwrap();
    stream.write_all(&vec![b'x'; LARGE]).await.expect("all of it is taken");
    let (said, _) = until_closed(&mut stream).await;
    assert!(said.ends_with("too large"), "{said}");
}

#[tokio::test]
async fn a_connection_that_asked_for_nothing_does_not_hold_up_the_end() {
    let running = start(limits_without_notice()).await;
    let mut silent = TcpStream::connect(running.addr).await.unwrap();
    let mut idle = TcpStream::connect(running.addr).await.unwrap();
    assert!(is_answered(&mut idle).await);
    running.ask.send(()).await.unwrap();
    timeout(SOON, running.ended).await.expect("it does not wait for headers").unwrap();
    until_closed(&mut silent).await;
}

#[tokio::test]
async fn being_asked_twice_ends_it_at_once() {
    for notice in [0, 60] {
        let running = start(Limits { notice: Duration::from_secs(notice), ..Limits::default() }).await;
        let mut stream = TcpStream::connect(running.addr).await.unwrap();
        stream.write_all(b"GET /never HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        running.ask.send(()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(!running.ended.is_finished(), "{notice}");
        running.ask.send(()).await.unwrap();
        timeout(SOON, running.ended).await.expect("it ends").unwrap();
    }
}
