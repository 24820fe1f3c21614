//! The disk of the files is full, and the database's is not: uploads are told so and leave nothing, everything else goes on,
//! and files come in again once there is room.

use crate::small_disk::{SKIPPED, SmallDisk};
use crate::visitor::{Answer, Visitor, ask, authenticate};
use backend::Clock as _;
use data_encoding::{BASE64, HEXLOWER};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use std::net::SocketAddr;
use std::path::Path;

const BOUNDARY: &str = "----formdata-latchkey-0123456789";

/// Less than is written at once, and more.
const SIZES: [usize; 2] = [10, 300_000];

struct Ada {
    addr: SocketAddr,
    public_key: String,
    private_key: String,
}

impl Ada {
    fn basic(&self) -> String {
        format!("Basic {}", BASE64.encode(format!("{}:", self.private_key).as_bytes()))
    }

    fn post(&self, authorization: Option<&str>, fields: &[(&str, &str)], size: usize) -> Answer {
        let part = |name: &str, content: &str| {
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\r\n\r\n{content}\r\n")
        };
        let mut body: String = fields.iter().map(|(name, value)| part(&format!("{name}\""), value)).collect();
        body.extend([part("file\"; filename=\"f\"", &"x".repeat(size)), format!("--{BOUNDARY}--\r\n")]);
        let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
        let mut headers = vec![("Content-Type", content_type.as_str())];
        headers.extend(authorization.map(|key| ("Authorization", key)));
        ask(self.addr, "POST", "/api/v1/files/upload", &headers, &body).unwrap()
    }

    /// As a server of hers does.
    fn upload(&self, size: usize) -> Answer {
        self.post(Some(&self.basic()), &[("fileName", "a.bin")], size)
    }

    /// As a page of hers does, with a token and the signature that was made for it.
    fn upload_signed(&self, token: &str, size: usize) -> Answer {
        let expire = (backend::SystemClock.now().as_millis() / 1_000 + 600).to_string();
        let mut mac = <Hmac<Sha1>>::new_from_slice(self.private_key.as_bytes()).unwrap();
        mac.update(format!("{token}{expire}").as_bytes());
        let signature = HEXLOWER.encode(&mac.finalize().into_bytes());
        let signed = [("publicKey", self.public_key.as_str()), ("signature", &signature), ("expire", &expire)];
        self.post(None, &[&signed[..], &[("token", token), ("fileName", "b.bin")]].concat(), size)
    }

    fn listed(&self) -> usize {
        let answer = ask(self.addr, "GET", "/v1/files", &[("Authorization", &self.basic())], "").unwrap();
        answer.json().as_array().unwrap().len()
    }
}

/// How many files of uploads lie there, staged ones among them.
fn left(directory: &Path) -> usize {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let one = |path: std::path::PathBuf| {
        if path.is_dir() { left(&path) } else { usize::from(path.extension().is_none_or(|ending| ending != "lock")) }
    };
    entries.map(one).sum()
}

/// Removing what was refused is the file system's, on another thread.
fn until_left(directory: &Path, files: usize) {
    for _ in 0..600 {
        if left(directory) == files {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("{} files are left, and not {files}", left(directory));
}

#[test]
fn a_full_disk_of_files_stops_uploads_and_nothing_else() {
    let Some(disk) = SmallDisk::new(8) else {
        eprintln!("{SKIPPED}");
        return;
    };
    let mut serve = disk.command(&["serve"]);
    serve.env("LATCHKEY_DATABASE_URL", "sqlite:data/latchkey.db").env("LATCHKEY_MASTER_KEY_FILE", "data/master.key");
    serve.env("LATCHKEY_FILES_DIR", "disk/files");
    let served = disk.place.await_ready(serve);
    let mut browser = Visitor::new(served.addr, "ada@example.org");
    browser.sign_up();
    let pair = browser.active();
    let private_key = browser.reveal(&pair);
    let public_key = browser.pairs()[0]["public_key"].as_str().unwrap().to_owned();
    let ada = Ada { addr: served.addr, public_key, private_key };
    let files = disk.path("files");
    for (index, size) in SIZES.into_iter().enumerate() {
        assert_eq!(ada.upload(size).status, 200);
        assert_eq!(ada.upload_signed(&format!("before-{index}"), size).status, 200);
    }
    let (rows, bytes) = (ada.listed(), left(&files));
    assert_eq!((rows, bytes), (4, 4));

    disk.fill();
    for (index, size) in SIZES.into_iter().enumerate() {
        for answer in [ada.upload(size), ada.upload_signed(&format!("full-{index}"), size)] {
            assert_eq!(answer.said(), (507, "STORAGE_FULL".to_owned()), "{answer:?}");
            assert_eq!(answer.header("retry-after"), "60");
            let message = answer.json()["message"].as_str().unwrap().to_owned();
            assert!(message.contains("disk"), "{message}");
        }
    }
    until_left(&files, bytes);
    assert_eq!(ada.listed(), rows, "no file without bytes");
    assert_eq!(authenticate(served.addr, &ada.private_key).status, 200);
    let kept = ada.private_key.clone();
    browser.roll(&pair, "24h");
    assert_eq!(authenticate(served.addr, &kept).status, 200, "what needs no file goes on");
    let log = std::fs::read_to_string(disk.place.path("serve.log")).unwrap();
    let faults: Vec<_> = log.lines().filter(|line| line.contains("a file could not be kept")).collect();
    assert_eq!(faults.len(), 4, "one line for each: {faults:#?}");

    disk.make_room();
    let again = ada.upload_signed("full-0", SIZES[0]);
    assert_eq!(again.said(), (400, "TOKEN_USED".to_owned()), "the token was used up, and that is said: {again:?}");
    for (index, size) in SIZES.into_iter().enumerate() {
        assert_eq!(ada.upload(size).status, 200);
        assert_eq!(ada.upload_signed(&format!("after-{index}"), size).status, 200);
    }
    assert_eq!((ada.listed(), left(&files)), (rows + 4, bytes + 4));
    assert!(served.stop().1, "it stops well");
}
