//! `kill -9` while an installation is being made: its database, its tables, its master key.

use crate::crashes::{READY, runs};
use crate::program::Place;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Starts the program and kills it after that long, wherever it is then.
fn begin(place: &Place, for_long: Duration) {
    let mut child = place.command(&["serve"], &[]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(for_long);
    child.kill().unwrap();
    child.wait().unwrap();
}

fn in_data(place: &Place) -> Vec<String> {
    let Ok(entries) = fs::read_dir(place.path("data")) else {
        return Vec::new();
    };
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_first_start_that_was_killed_is_simply_started_again() {
    let whole = Place::new();
    let began = Instant::now();
    drop(whole.serve(&[]));
    let first_start = began.elapsed();

    let times = runs(200).max(16);
    let (mut halves, mut slowest) = (0, Duration::ZERO);
    for time in 0..times {
        let place = Place::new();
        // A little past the time it takes, so that the whole of it is covered.
        begin(&place, first_start * 5 / 4 * time / times);
        let left = in_data(&place);
        let key = fs::read(place.path("data/master.key")).ok();
        halves += u32::from(!left.is_empty() && (key.is_none() || left.iter().any(|name| name.contains("-wal"))));

        let began = Instant::now();
        let served = place.serve(&[]);
        slowest = slowest.max(began.elapsed());
        assert!(served.stop().1, "it stops well");
        let now = fs::read(place.path("data/master.key")).unwrap();
        assert!(key.is_none_or(|key| key == now), "a key that was there is never replaced");
        assert_eq!(in_data(&place), ["files", "latchkey.db", "master.key"], "nothing is left behind of {left:?}");
    }
    println!(
        "{times} kills in the {first_start:?} of a first start, {halves} of them halfway; ready in {slowest:?} at most"
    );
    assert!(halves > 0, "no kill came in the middle");
    assert!(slowest < READY, "ready only after {slowest:?}");
}

/// What a kill between two steps of making the key leaves behind: a draft, whole or half, beside the key or before it.
#[test]
fn drafts_of_a_master_key_are_cleared_away_and_never_used() {
    for (draft, with_key) in [("# The master key of a Latch", false), ("mk_00000000 AAAA\n", false), ("", true)] {
        let place = Place::new();
        fs::create_dir(place.path("data")).unwrap();
        if with_key {
            drop(place.serve(&[]));
        }
        let key = fs::read(place.path("data/master.key")).ok();
        let path = place.path("data/master.new-4194305");
        match &key {
            // Killed after the link and before the draft was removed: both names lead to the key.
            Some(_) => fs::hard_link(place.path("data/master.key"), &path).unwrap(),
            None => fs::write(&path, draft).unwrap(),
        }
        assert!(place.serve(&[]).stop().1, "it stops well");
        assert_eq!(in_data(&place), ["files", "latchkey.db", "master.key"]);
        let now = fs::read(place.path("data/master.key")).unwrap();
        assert!(key.is_none_or(|key| key == now));
    }
}

/// Half a key can only come from elsewhere: a copy that was broken off. It is refused, and left for whoever made it.
#[test]
fn half_a_master_key_is_refused_and_never_replaced() {
    let place = Place::new();
    drop(place.serve(&[]));
    let whole = fs::read(place.path("data/master.key")).unwrap();
    for length in [0, 1, whole.len() / 2, whole.len() - 20] {
        for fresh in [false, true] {
            let place = Place::new();
            if !fresh {
                drop(place.serve(&[]));
            }
            fs::create_dir_all(place.path("data")).unwrap();
            let half = &whole[..length];
            fs::write(place.path("data/master.key"), half).unwrap();
            fs::set_permissions(place.path("data/master.key"), fs::Permissions::from_mode(0o600)).unwrap();
            let said = place.run(&["serve", "--check"]);
            let told = format!("{}{}", said.out, said.err);
            assert!(said.code == 1 && told.contains("data/master.key, line"), "{length} {fresh}: {told}");
            assert_eq!(fs::read(place.path("data/master.key")).unwrap(), half);
        }
    }
}
