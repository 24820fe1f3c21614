//! The program itself: large files need no memory, and a kill leaves rows and bytes that agree.

use super::client::{BOUNDARY, UPLOAD};
use crate::program::{Place, Served, variable};
use crate::world::basic;
use serde_json::Value;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

fn account(place: &Place) -> String {
    let created = place.run(&["account", "create", "--email", "ada@example.org", "--json"]).json();
    basic(created["key_pair"]["private_key"].as_str().unwrap())
}

/// Everything before the file's bytes, and everything behind them.
fn around(name: &str) -> (String, String) {
    let before = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"fileName\"\r\n\r\n{name}\r\n--{BOUNDARY}\r\n\
         Content-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n"
    );
    (before, format!("\r\n--{BOUNDARY}--\r\n"))
}

fn begin(addr: SocketAddr, key: &str, name: &str, size: u64) -> TcpStream {
    let (before, after) = around(name);
    let length = before.len() as u64 + size + after.len() as u64;
    let mut stream = TcpStream::connect(addr).unwrap();
    let head = format!(
        "POST {UPLOAD} HTTP/1.1\r\nHost: x\r\nAuthorization: {key}\r\nConnection: close\r\n\
         Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {length}\r\n\r\n{before}"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

/// Uploads so many bytes; answers what the server said.
fn upload(addr: SocketAddr, key: &str, name: &str, size: u64) -> Value {
    let mut stream = begin(addr, key, name, size);
    let piece = vec![b'x'; 1 << 20];
    let mut left = size;
    while left > 0 {
        let now = usize::try_from(left.min(piece.len() as u64)).unwrap();
        stream.write_all(&piece[..now]).unwrap();
        left -= now as u64;
    }
    stream.write_all(around(name).1.as_bytes()).unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).unwrap();
    assert!(said.starts_with("HTTP/1.1 200"), "{said}");
    serde_json::from_str(body(&said)).unwrap()
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_none_or(|extension| extension != "lock") {
            found.push(path);
        }
    }
    found
}

fn until(what: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_mins(1), "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn body(said: &str) -> &str {
    said.split_once("\r\n\r\n").unwrap().1
}

fn listed(served: &Served, key: &str) -> usize {
    let (status, said) = served.get("/v1/files", key);
    assert_eq!(status, 200);
    serde_json::from_str::<Vec<Value>>(body(&said)).unwrap().len()
}

#[test]
fn a_large_file_needs_no_memory() {
    let megabytes: u64 = if variable("LATCHKEY_TEST_DEEP").is_some() { 1_024 } else { 64 };
    let place = Place::new();
    let served = place.serve(&[("LATCHKEY_LARGEST_UPLOAD_MB", "2000"), ("LATCHKEY_ACCOUNT_FILES_MB", "4000")]);
    let key = account(&place);
    upload(served.addr, &key, "small.bin", 1);
    let before = served.peak_memory();
    let answer = upload(served.addr, &key, "large.bin", megabytes << 20);
    assert_eq!(answer["size"], megabytes << 20);
    let grown = served.peak_memory() - before;
    assert!(grown < 32 << 20, "{grown} bytes more than before");
    assert!(served.peak_memory() < 150 << 20, "{} bytes", served.peak_memory());
}

#[test]
fn a_kill_in_the_middle_of_an_upload_leaves_nothing_of_it() {
    let place = Place::new();
    let served = place.serve(&[]);
    let key = account(&place);
    let kept = upload(served.addr, &key, "kept.bin", 1_000_000);
    let mut broken = begin(served.addr, &key, "broken.bin", 5_000_000);
    broken.write_all(&vec![b'x'; 2_000_000]).unwrap();
    let directory = PathBuf::from(place.path("data/files"));
    until("it has begun", || files(&directory).len() == 2);
    served.signal("-KILL");
    served.wait();
    assert_eq!(files(&directory).len(), 2, "what was on its way is still there");

    let served = place.serve(&[]);
    until("what was left behind is gone", || files(&directory).len() == 1);
    assert_eq!(listed(&served, &key), 1);
    let address = kept["url"].as_str().unwrap();
    let path = &address[address.find("/files/").unwrap()..];
    assert_eq!(body(&served.get(path, &key).1).len(), 1_000_000);
}

/// As a kill between the commit of a row and the moving of its bytes leaves it, and between that of a deletion and the
/// removing.
#[test]
fn what_a_kill_left_between_row_and_bytes_is_put_right() {
    let place = Place::new();
    let served = place.serve(&[]);
    let key = account(&place);
    upload(served.addr, &key, "a.bin", 1_000);
    served.stop();
    let directory = PathBuf::from(place.path("data/files"));
    let bytes = files(&directory.join("kept")).remove(0);
    let dead = directory.join("staging/000000000000000000000000");
    fs::create_dir(&dead).unwrap();
    fs::write(directory.join("staging/000000000000000000000000.lock"), "").unwrap();
    // A committed row whose bytes are not in their place, staged bytes without a row, and kept bytes without one.
    fs::rename(&bytes, dead.join(bytes.file_name().unwrap())).unwrap();
    fs::write(dead.join("111111111111111111111111"), "x").unwrap();
    fs::write(bytes.parent().unwrap().join("222222222222222222222222"), "x").unwrap();
    // Another database's: not ours to remove.
    let strange = directory.join("kept/acct_00000000000000000000000009");
    fs::create_dir(&strange).unwrap();
    fs::write(strange.join("333333333333333333333333"), "x").unwrap();

    let served = place.serve(&[]);
    until("everything is in its place", || files(&directory).len() == 2 && bytes.is_file());
    assert!(strange.join("333333333333333333333333").is_file());
    assert_eq!(listed(&served, &key), 1);
}
