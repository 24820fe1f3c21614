//! What one connection may ask of the process.

use axum::Router;
use axum::routing::get;
use server::accept::{self, Limits};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

const SOON: Duration = Duration::from_secs(5);
const HEADERS: Duration = Duration::from_millis(300);

struct Running {
    addr: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<()>,
}

async fn start(limits: Limits) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let slow = async || {
        tokio::time::sleep(Duration::from_millis(400)).await;
        "done"
    };
    let router = Router::new().route("/", get(|| async { "hello" })).route("/slow", get(slow));
    let (stop, stopped) = oneshot::channel();
    let ended = tokio::spawn(accept::serve(listener, router, limits, async move {
        let _ = stopped.await;
    }));
    Running { addr, stop, ended }
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

#[tokio::test]
async fn connections_beyond_the_limit_wait_for_room() {
    let running = start(Limits { connections: 1, ..limits() }).await;
    let _first = TcpStream::connect(running.addr).await.unwrap();
    tokio::time::sleep(HEADERS / 4).await;
    let mut second = TcpStream::connect(running.addr).await.unwrap();
    second.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut byte = [0];
    assert!(timeout(HEADERS / 4, second.read(&mut byte)).await.is_err(), "no room while the first is there");
    // The first one is silent, so it goes.
    assert_eq!(timeout(SOON, second.read(&mut byte)).await.unwrap().unwrap(), 1);
}

#[tokio::test]
async fn requests_under_way_are_answered_before_the_process_stops() {
    let running = start(Limits::default()).await;
    let mut stream = TcpStream::connect(running.addr).await.unwrap();
    stream.write_all(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    running.stop.send(()).unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!running.ended.is_finished(), "it waits for what is under way");
    assert!(TcpStream::connect(running.addr).await.is_err(), "and takes nothing new");
    let (said, _) = until_closed(&mut stream).await;
    assert!(said.contains("done"), "{said}");
    timeout(SOON, running.ended).await.expect("it stops").unwrap();
}
