//! `kill -9` at any instant, while several owners roll as fast as they can.

use crate::crashes::{READY, look_into, random, runs};
use crate::killable::{TELLING, TRUSTING};
use crate::program::Place;
use crate::visitor::{Visitor, authenticate, new_submission, roll_form};
use domain::{PairId, SubmissionId};
use serde_json::Value;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const OWNERS: u8 = 4;

/// An owner who rolls, and what they have been told.
struct Owner {
    browser: Visitor,
    active: PairId,
    key: String,
    /// Rolls that were answered.
    answered: usize,
    /// The roll under way when the process died.
    open: Option<(PairId, SubmissionId)>,
}

impl Owner {
    fn sign_up(addr: std::net::SocketAddr, number: u8) -> Self {
        let mut browser = Visitor::new(addr, &format!("owner{number}@example.org"));
        browser.come_from([10, 1, 0, number].into());
        browser.sign_up();
        let active = browser.active();
        let key = browser.reveal(&active);
        Self { browser, active, key, answered: 0, open: None }
    }

    fn take(&mut self, rolled: &Value) {
        self.active = rolled["new"]["id"].as_str().unwrap().parse().unwrap();
        rolled["private_key"].as_str().unwrap().clone_into(&mut self.key);
        self.answered += 1;
        self.open = None;
    }

    fn roll_until(&mut self, killed: &AtomicBool) {
        while !killed.load(Ordering::SeqCst) {
            let submission = new_submission();
            self.open = Some((self.active.clone(), submission.clone()));
            let form = roll_form(&self.active, &submission, "immediately");
            let Ok(answer) = self.browser.try_call("roll_keys", &form) else {
                return;
            };
            assert_eq!(answer.status, 200, "{answer:?}");
            match serde_json::from_str(&answer.body) {
                Ok(rolled) => self.take(&rolled),
                // Cut off on its way.
                Err(_) => return,
            }
        }
    }

    /// What was told is so; what was not told happened once or not at all, and once after trying again.
    fn check(&mut self, addr: std::net::SocketAddr) {
        self.browser = self.browser.clone().moved_to(addr);
        let told = authenticate(addr, &self.key).said();
        let rolls = self.browser.pairs().len() - 1;
        let Some((pair, submission)) = self.open.take() else {
            assert_eq!((told.0, rolls), (200, self.answered));
            return;
        };
        let happened = rolls == self.answered + 1;
        assert!(happened || rolls == self.answered, "{rolls} rolls, {} answered", self.answered);
        assert_eq!(told, if happened { (403, "KEY_REVOKED".to_owned()) } else { (200, String::new()) });
        let again = self.browser.call("roll_keys", &roll_form(&pair, &submission, "immediately"));
        assert_eq!((again.status, again.json()["private_key"].is_null()), (200, happened), "{again:?}");
        assert_eq!(self.browser.pairs().len() - 1, self.answered + 1);
        self.answered += 1;
        self.active = self.browser.active();
        self.key = self.browser.reveal(&self.active.clone());
        assert_eq!(authenticate(addr, &self.key).status, 200);
    }
}

#[test]
fn a_process_killed_at_any_instant_under_load_loses_no_roll() {
    let place = Place::new();
    let mut served = place.serve(&[TRUSTING, TELLING]);
    let mut owners: Vec<_> = (0..OWNERS).map(|number| Owner::sign_up(served.addr, number)).collect();
    let (rounds, mut slowest, mut open) = (runs(60).max(6), Duration::ZERO, 0);
    for _ in 0..rounds {
        let killed = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for owner in &mut owners {
                scope.spawn(|| owner.roll_until(&killed));
            }
            std::thread::sleep(Duration::from_micros(u64::from(50_000 + random() % 250_000)));
            // Which is `kill -9`.
            drop(served);
            killed.store(true, Ordering::SeqCst);
        });
        let began = Instant::now();
        served = place.serve(&[TRUSTING, TELLING]);
        slowest = slowest.max(began.elapsed());
        for owner in &mut owners {
            open += u32::from(owner.open.is_some());
            owner.check(served.addr);
        }
        let found = look_into(&place.directory.path().join("data/latchkey.db"));
        assert!(found.is_empty(), "{found:?}");
    }
    let answered: usize = owners.iter().map(|owner| owner.answered).sum();
    println!("{rounds} kills under load, {answered} rolls, {open} not answered; ready in {slowest:?} at most");
    assert!(open > 0 && answered > 0, "the load was none");
    assert!(slowest < READY, "ready only after {slowest:?}");
}
