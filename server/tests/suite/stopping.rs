//! Ending the program while it works.

use crate::program::Place;
use crate::world::{World, server_function};
use backend::store::Store as _;
use backend::{Clock as _, OsEntropy};
use domain::SubmissionId;
use server::accept::{self, Connections, Limits, Stopping};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc;

const SOON: Duration = Duration::from_secs(30);

#[test]
fn readiness_turns_before_the_program_stops_listening() {
    let place = Place::new();
    let served = place.serve(&[("LATCHKEY_STOP_NOTICE_SECONDS", "2")]);
    assert_eq!(served.get("/readyz", "").0, 200);
    let began = Instant::now();
    served.signal("-TERM");
    let (status, said) = loop {
        let (status, said) = served.get("/readyz", "");
        if status != 200 {
            break (status, said);
        }
        assert!(began.elapsed() < SOON, "{said}");
    };
    assert_eq!((status, said.contains("\"stopping\":true")), (503, true), "{said}");
    assert_eq!(served.get("/livez", "").0, 200);
    assert_eq!(served.get("/v1/account", "").0, 401, "it still does what it is for");
    while TcpStream::connect(served.addr).is_ok() {
        assert!(began.elapsed() < SOON);
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(began.elapsed() >= Duration::from_millis(1_900), "{:?}", began.elapsed());
    let addr = served.addr;
    let (_, well) = served.wait();
    assert!(well);
    assert!(TcpStream::connect(addr).is_err());
}

#[test]
fn a_request_that_was_begun_is_finished() {
    let place = Place::new();
    let served = place.serve(&[("LATCHKEY_STOP_NOTICE_SECONDS", "0")]);
    let mut stream = TcpStream::connect(served.addr).unwrap();
    let body = "x".repeat(100);
    write!(stream, "POST /v1/nothing HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", body.len()).unwrap();
    // An answer on another connection: by now the headers of the first one are read.
    served.get("/livez", "");
    std::thread::sleep(Duration::from_millis(200));
    served.signal("-TERM");
    let began = Instant::now();
    while TcpStream::connect(served.addr).is_ok() {
        assert!(began.elapsed() < SOON);
        std::thread::sleep(Duration::from_millis(20));
    }
    stream.write_all(body.as_bytes()).unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).unwrap();
    assert!(said.starts_with("HTTP/1.1 404") && said.contains("connection: close"), "{said}");
    assert!(served.wait().1);
}

#[test]
fn asking_twice_ends_the_program_at_once_and_well() {
    for signals in [["-TERM", "-TERM"], ["-INT", "-INT"]] {
        let place = Place::new();
        let served = place.serve(&[("LATCHKEY_STOP_NOTICE_SECONDS", "300")]);
        let began = Instant::now();
        for signal in signals {
            served.signal(signal);
            // Two that arrive together are one.
            std::thread::sleep(Duration::from_millis(300));
        }
        let (_, well) = served.wait();
        assert!(well && began.elapsed() < SOON, "{:?}", began.elapsed());
        let log = std::fs::read_to_string(place.path("serve.log")).unwrap();
        assert!(log.contains("stopping: /readyz says so") && log.trim_end().ends_with("stopped"), "{log}");
    }
}

#[tokio::test]
async fn a_roll_in_the_middle_of_its_transaction_is_finished() {
    let world = World::http().await;
    let created = world.account().await;
    let cookie = world.signed_in().await;
    let listener = accept::listen("127.0.0.1:0".parse().unwrap()).unwrap();
    let addr = listener.local_addr().unwrap();
    let (ask, asked) = mpsc::channel(1);
    let limits = Limits { notice: Duration::ZERO, ..Limits::default() };
    let serving = tokio::spawn(accept::serve(
        listener,
        world.router.clone(),
        limits,
        Stopping::default(),
        Connections::default(),
        asked,
    ));

    // The roll waits for this one to end.
    let other = world.store.begin_write().await.unwrap();
    let submission = SubmissionId::mint(world.clock.now(), &OsEntropy);
    let form = format!("pair={}&submission={submission}&expire_old=1h", created.first_pair.pair.id);
    let mut stream = tokio::net::TcpStream::connect(addr).await.unwrap();
    let request = format!(
        "POST {} HTTP/1.1\r\nHost: {addr}\r\nSec-Fetch-Site: same-origin\r\nAccept: application/json\r\nCookie: {cookie}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        server_function("roll_keys"),
        form.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    ask.send(()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!serving.is_finished(), "it waits for the roll");
    drop(other);

    let mut said = String::new();
    tokio::time::timeout(SOON, stream.read_to_string(&mut said)).await.unwrap().unwrap();
    assert!(said.starts_with("HTTP/1.1 200") && said.contains("connection: close"), "{said}");
    tokio::time::timeout(SOON, serving).await.unwrap().unwrap();
    let pairs = world.store.list_pairs(&created.first_pair.pair.account_id).await.unwrap();
    assert_eq!(pairs.len(), 2, "the roll was written");
}
