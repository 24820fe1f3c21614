//! Ending the program while it works.

use crate::program::Place;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

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
