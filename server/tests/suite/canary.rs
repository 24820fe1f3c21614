//! No private key is anywhere in what the process writes: not in the database or its log, not in its own log lines,
//! neither raw nor in any of the encodings it passes through.

use crate::program::Place;
use crate::world::{basic, bearer};
use data_encoding::{BASE32_NOPAD, BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
use std::collections::BTreeSet;
use std::path::Path;

/// Every text a key might leave behind.
fn traces(key: &str) -> BTreeSet<Vec<u8>> {
    let bytes = key.as_bytes();
    let mut traces = BTreeSet::from([
        bytes.to_vec(),
        bytes.iter().rev().copied().collect(),
        key.to_uppercase().into_bytes(),
        key.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        HEXLOWER.encode(bytes).into_bytes(),
        HEXUPPER.encode(bytes).into_bytes(),
        BASE32_NOPAD.encode(bytes).into_bytes(),
        key.replace('_', "%5F").into_bytes(),
        key.replace('_', "%5f").into_bytes(),
        bytes.iter().flat_map(|byte| format!("%{byte:02x}").into_bytes()).collect(),
        bytes.iter().flat_map(|byte| format!("%{byte:02X}").into_bytes()).collect(),
        // Without its prefix, in case that is stored by itself.
        bytes[key.rfind('_').unwrap() + 1..].to_vec(),
    ]);
    for text in [key.to_owned(), format!("{key}:"), format!("{key}:do_not_set")] {
        for encoding in [&BASE64_NOPAD, &BASE64URL_NOPAD] {
            // Wherever the key begins within a larger text, three characters of base 64 hold two and a bit bytes: the
            // ones at its edges depend on what is around it and are cut off.
            for before in 0..3 {
                let encoded = encoding.encode(&[&b"\0\0"[..before], text.as_bytes()].concat());
                let first = [0, 2, 3][before];
                traces.insert(encoded.as_bytes()[first..encoded.len() - 2].to_vec());
            }
        }
    }
    traces
}

fn files(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
    found
}

/// The files in which some trace of some key was found.
pub fn leaks(directory: &Path, keys: &[String]) -> Vec<String> {
    let traces: Vec<_> = keys.iter().flat_map(|key| traces(key)).collect();
    let holds =
        |bytes: &[u8]| traces.iter().any(|trace| bytes.windows(trace.len()).any(|window| window == trace.as_slice()));
    files(directory).into_iter().filter(|(_, bytes)| holds(bytes)).map(|(path, _)| path).collect()
}

#[test]
fn no_private_key_is_left_in_any_file() {
    let place = Place::new();
    let served = place.serve(&[("LATCHKEY_LOG", "debug")]);
    let created = place.run(&["account", "create", "--email", "ada@example.org", "--json"]).json();
    let account = created["account_id"].as_str().unwrap();
    let mut keys = vec![created["key_pair"]["private_key"].as_str().unwrap().to_owned()];
    for end in ["1h", "immediately", "7d"] {
        place.run(&["keys", "reveal", "--account", account, "--json"]).json();
        let rolled = place.run(&["keys", "roll", "--account", account, "--expire-old", end, "--json"]).json();
        keys.push(rolled["new"]["private_key"].as_str().unwrap().to_owned());
    }
    let mut statuses = BTreeSet::new();
    for key in &keys {
        let encoded: String =
            key.bytes().flat_map(|byte| format!("%{byte:02x}").into_bytes()).map(char::from).collect();
        for (target, authorization) in [
            ("/v1/account".to_owned(), basic(key)),
            ("/v1/account".to_owned(), bearer(key)),
            ("/v1/account".to_owned(), format!("{}x", basic(key))),
            (format!("/v1/account?key={key}"), String::new()),
            (format!("/v1/account?key={encoded}"), String::new()),
            (format!("/v1/{key}"), String::new()),
            (format!("/{encoded}/x?{key}"), bearer(key)),
            (format!("/sign-in?key={key}"), String::new()),
        ] {
            statuses.insert(served.get(&target, &authorization).0);
        }
    }
    assert_eq!(statuses, BTreeSet::from([200, 400, 403, 404]), "every kind of answer was given");
    let while_running = leaks(place.directory.path(), &keys);
    assert!(while_running.is_empty(), "{while_running:?}");
    let (out, well) = served.stop();
    assert!(well && !keys.iter().any(|key| out.contains(key)));
    let afterwards = leaks(place.directory.path(), &keys);
    assert!(afterwards.is_empty(), "{afterwards:?}");
    let log = std::fs::read_to_string(place.path("serve.log")).unwrap();
    assert!(log.contains("answered") && log.contains("DEBUG"), "the log was written: {log}");
}

#[test]
fn a_planted_key_is_found() {
    let place = Place::new();
    let key = "private_0123456789abcdefghijklmnopqrstABCDEF".to_owned();
    let plant = |bytes: &[u8]| {
        std::fs::write(place.path("planted"), [b"noise \xff\x00 ", bytes, b" more"].concat()).unwrap();
        leaks(place.directory.path(), std::slice::from_ref(&key)).len()
    };
    for before in ["", "a", "ab", "abc"] {
        let around = format!("{before}{key}:do_not_set");
        assert_eq!(plant(BASE64_NOPAD.encode(around.as_bytes()).as_bytes()), 1, "{before}");
        assert_eq!(plant(BASE64URL_NOPAD.encode(around.as_bytes()).as_bytes()), 1, "{before}");
    }
    assert_eq!(plant(key.as_bytes()), 1);
    assert_eq!(plant(HEXLOWER.encode(key.as_bytes()).as_bytes()), 1);
    assert_eq!(plant(key.replace('_', "%5F").as_bytes()), 1);
    assert_eq!(plant(b"nothing of the kind"), 0);
}
