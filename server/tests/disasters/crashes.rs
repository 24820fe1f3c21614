//! `kill -9` at every step of a roll, a revocation and a sign-up: nothing acknowledged is lost, nothing is half done, and
//! the process is ready again in two seconds.
//!
//! This is about processes that die. That a power cut loses nothing either rests on `synchronous=FULL`, which a test in
//! `store/sqlite` pins, and on the disk keeping its word.

use crate::killable::{Killable, TRUSTING};
use crate::program::{Place, Served};
use crate::script::Plan;
use crate::visitor::{Answer, Visitor, authenticate, expire_form, new_submission, roll_form};
use crate::watched_store::{COMMITTED, Manner};
use domain::{Entropy as _, PairId};
use serde_json::Value;
use std::time::{Duration, Instant};

/// How soon a killed process has to be ready again.
pub const READY: Duration = Duration::from_secs(2);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    RollWithOverlap,
    RollAtOnce,
    Revoke,
    SignUp,
}

/// When the process is killed.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Point {
    /// At this step, counted from the beginning of the act.
    Step(usize),
    /// Some microseconds after this step, which begins the act's last commit.
    During(usize),
    /// Once the answer has arrived.
    Afterwards,
}

/// Whether the act has to be in the database afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Done,
    Undone,
    Either,
}

/// Everything known about one act from outside.
struct Attempt {
    act: Act,
    visitor: Visitor,
    function: &'static str,
    form: String,
    /// The pair the act is about, with its private key. None yet at a sign-up.
    old: Option<(PairId, String)>,
}

impl Attempt {
    /// Everything up to the act itself, all of it acknowledged.
    fn prepare(act: Act, server: &Killable, number: u32) -> Self {
        let mut visitor = Visitor::new(server.addr, &format!("owner{number}@example.org"));
        visitor.come_from([10, 0, (number >> 8).to_le_bytes()[0], number.to_le_bytes()[0]].into());
        if act == Act::SignUp {
            let form = visitor.sign_up_form();
            return Self { act, visitor, function: "sign_up", form, old: None };
        }
        visitor.sign_up();
        let pair = visitor.active();
        let old = Some((pair.clone(), visitor.reveal(&pair)));
        let (function, form) = match act {
            Act::RollWithOverlap => ("roll_keys", roll_form(&pair, &new_submission(), "24h")),
            Act::RollAtOnce => ("roll_keys", roll_form(&pair, &new_submission(), "immediately")),
            Act::Revoke | Act::SignUp => {
                visitor.roll(&pair, "24h");
                ("expire_now", expire_form(&pair))
            }
        };
        Self { act, visitor, function, form, old }
    }

    /// Does it, and kills the process at the point. Answers what was acknowledged, and the name of the point.
    fn strike(&mut self, mut server: Killable, point: &Point, place: &Place) -> (Option<Answer>, String) {
        match point {
            Point::Step(step) => server.arm(Plan::StopAt(*step), place),
            Point::During(step) => server.arm(Plan::PassAt(*step), place),
            // The store that lies does so only once it is armed.
            Point::Afterwards => server.arm(Plan::StopAt(usize::MAX), place),
        }
        let (visitor, function, form) = (&mut self.visitor, self.function, &self.form);
        std::thread::scope(|scope| {
            let answer = scope.spawn(move || visitor.try_call(function, form));
            let (answer, name) = match point {
                Point::Step(step) => {
                    let name = server.step(place);
                    server.kill();
                    (answer.join().unwrap(), format!("{step}, before {name}"))
                }
                Point::During(_) => {
                    server.step(place);
                    let after = Duration::from_micros(u64::from(random() % 2_500));
                    std::thread::sleep(after);
                    server.kill();
                    (answer.join().unwrap(), format!("{after:?} into the commit"))
                }
                Point::Afterwards => {
                    let answer = answer.join().unwrap();
                    server.kill();
                    (answer, "after the answer".to_owned())
                }
            };
            // Whoever has seen the status has been told.
            let answer = answer.ok();
            if let Some(answer) = &answer {
                assert_eq!(answer.status, 200, "{answer:?}");
            }
            (answer, name)
        })
    }

    /// Everything that is not as it was promised.
    fn complaints(&mut self, served: &Served, answer: Option<&Answer>, fate: Fate) -> Vec<String> {
        self.visitor = self.visitor.clone().moved_to(served.addr);
        let mut complaints = Vec::new();
        let done = self.is_done(served);
        if answer.is_some() && !done {
            complaints.push("lost: what was acknowledged did not happen".to_owned());
        }
        if (fate == Fate::Done && !done) || (fate == Fate::Undone && done) {
            complaints.push(format!("should be {fate:?}, and done is {done}"));
        }
        if complaints.is_empty() {
            self.check_answer(served, answer, &mut complaints);
            self.check_retry(served, done, &mut complaints);
        }
        complaints
    }

    fn is_done(&mut self, served: &Served) -> bool {
        match (self.act, &self.old) {
            (Act::RollWithOverlap | Act::RollAtOnce, _) => self.visitor.pairs().len() == 2,
            (_, Some((_, key))) => authenticate(served.addr, key).said() == (403, "KEY_REVOKED".to_owned()),
            (_, None) => self.sign_in(served).0 == 200,
        }
    }

    /// Somebody at another browser, with the password.
    fn sign_in(&self, served: &Served) -> (u16, String) {
        let mut elsewhere = self.visitor.clone().moved_to(served.addr).without_cookies();
        elsewhere.call("sign_in", &self.form).said()
    }

    /// What the answer said is so.
    fn check_answer(&mut self, served: &Served, answer: Option<&Answer>, complaints: &mut Vec<String>) {
        let mut so = |what: &str, right: bool| {
            if !right {
                complaints.push(format!("lost: {what}"));
            }
        };
        // An answer that was cut off has told that it is done, and no more.
        let said = answer.and_then(|answer| serde_json::from_str::<Value>(&answer.body).ok());
        match (self.act, said) {
            (_, None) => {}
            (Act::SignUp, Some(_)) => so("the session", self.visitor.call("load_developers_tab", "").status == 200),
            (Act::Revoke, Some(said)) => so("the end as it was told", self.visitor.pairs()[1] == said),
            (Act::RollWithOverlap | Act::RollAtOnce, Some(said)) => {
                so("the pairs as they were told", self.visitor.pairs() == [said["new"].clone(), said["old"].clone()]);
                let key = said["private_key"].as_str().unwrap();
                let told = authenticate(served.addr, key);
                so("the new key", told.status == 200 && told.json()["keyPair"]["id"] == said["new"]["id"]);
            }
        }
    }

    /// The same again: whoever got no answer tries again, and it has happened exactly once.
    fn check_retry(&mut self, served: &Served, done: bool, complaints: &mut Vec<String>) {
        let mut so = |what: &str, right: bool| {
            if !right {
                complaints.push(format!("after trying again: {what}"));
            }
        };
        let again = self.visitor.call(self.function, &self.form);
        let expected = match (self.act, done) {
            (Act::Revoke, true) => (409, "PAIR_ENDED"),
            (Act::SignUp, true) => (409, "EMAIL_TAKEN"),
            _ => (200, ""),
        };
        so(&format!("{again:?}"), (again.status, again.said().1.as_str()) == expected);
        let rolled = matches!(self.act, Act::RollWithOverlap | Act::RollAtOnce);
        if rolled {
            so("a key only for a roll that happened now", again.json()["private_key"].is_null() == done);
        }
        if self.act == Act::SignUp {
            so("signing in", self.sign_in(served).0 == 200);
            return;
        }
        let pairs = self.visitor.pairs();
        so("two pairs", pairs.len() == 2);
        let newest = self.visitor.reveal(&self.visitor.clone().active());
        so("the new key works", authenticate(served.addr, &newest).status == 200);
        let (_, old) = self.old.as_ref().unwrap();
        let told = authenticate(served.addr, old).said();
        let expected = if self.act == Act::RollWithOverlap { (200, "") } else { (403, "KEY_REVOKED") };
        so(&format!("the old key: {told:?}"), (told.0, told.1.as_str()) == expected);
    }
}

/// What happened over many kills in one place.
#[derive(Default)]
struct Findings {
    complaints: Vec<String>,
    ready: Vec<Duration>,
}

pub fn random() -> u32 {
    let mut bytes = [0; 4];
    backend::OsEntropy.fill(&mut bytes);
    u32::from_le_bytes(bytes)
}

/// One act, one kill, one start of the real program, and everything checked.
fn kill_once(place: &Place, manner: Manner, act: Act, number: u32, point: &Point, fate: Fate, found: &mut Findings) {
    let server = Killable::start(place, manner);
    let mut attempt = Attempt::prepare(act, &server, number);
    let (answer, name) = attempt.strike(server, point, place);
    let began = Instant::now();
    let served = place.serve(&[TRUSTING]);
    let ready = began.elapsed();
    found.ready.push(ready);
    let mut complaints = attempt.complaints(&served, answer.as_ref(), fate);
    if ready > READY {
        complaints.push(format!("ready only after {ready:?}"));
    }
    let database = place.directory.path().join("data/latchkey.db");
    complaints.extend(look_into(&database));
    found.complaints.extend(complaints.iter().map(|complaint| format!("{act:?} killed at {name}: {complaint}")));
}

pub fn look_into(database: &std::path::Path) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(store_inspect::violations(database)).unwrap()
}

/// The steps of an act, in order, as the process takes them.
fn steps(place: &Place, act: Act) -> Vec<String> {
    let mut server = Killable::start(place, Manner::Honest);
    let mut attempt = Attempt::prepare(act, &server, 0xffff);
    server.arm(Plan::Tell, place);
    assert_eq!(attempt.visitor.call(attempt.function, &attempt.form).status, 200);
    let steps = server.steps(place);
    server.kill();
    steps
}

/// Every point of an act, with what has to be in the database when the process dies there.
fn points(steps: &[String]) -> Vec<(Point, Fate)> {
    let committed = steps.iter().rposition(|step| step == COMMITTED).unwrap();
    let at = |step| (Point::Step(step), if step < committed { Fate::Undone } else { Fate::Done });
    let mut points: Vec<_> = (0..steps.len()).map(at).collect();
    points.extend([(Point::During(committed - 1), Fate::Either), (Point::Afterwards, Fate::Done)]);
    points
}

/// Kills at every point in turn, `runs` times in all and at least once at each. Answers what was measured.
fn kill_everywhere(act: Act, runs: u32) -> String {
    let place = Place::new();
    let points = points(&steps(&place, act));
    let mut found = Findings::default();
    let began = Instant::now();
    let runs = runs.max(u32::try_from(points.len()).unwrap());
    for (number, (point, fate)) in (0..runs).zip(points.iter().cycle()) {
        kill_once(&place, Manner::Honest, act, number, point, *fate, &mut found);
    }
    found.ready.sort();
    let (median, most) = (found.ready[found.ready.len() / 2], found.ready[found.ready.len() - 1]);
    assert!(found.complaints.is_empty(), "{:#?}", found.complaints);
    format!(
        "{act:?}: {runs} kills at {} points in {:?}; ready again in {median:?} (median), {most:?} (most)",
        points.len(),
        began.elapsed()
    )
}

/// Once at every point in the normal suite, which is 53 kills over the four acts; 1,000 in the deep one, which took 18
/// minutes, two acts at a time, on two cores that had seven other builds to do.
#[expect(clippy::disallowed_methods, reason = "the one setting of the test suite")]
pub fn runs(deep: u32) -> u32 {
    if std::env::var_os("LATCHKEY_TEST_DEEP").is_some() { deep } else { 0 }
}

#[test]
fn a_roll_survives_a_kill_at_every_step() {
    println!("{}", kill_everywhere(Act::RollWithOverlap, runs(300)));
}

#[test]
fn a_roll_without_overlap_survives_a_kill_at_every_step() {
    println!("{}", kill_everywhere(Act::RollAtOnce, runs(200)));
}

#[test]
fn a_revocation_survives_a_kill_at_every_step() {
    println!("{}", kill_everywhere(Act::Revoke, runs(250)));
}

#[test]
fn a_sign_up_survives_a_kill_at_every_step() {
    println!("{}", kill_everywhere(Act::SignUp, runs(250)));
}

/// The checks are worth something: a commit moved after the answer is noticed, whatever the act.
#[test]
fn an_answer_before_the_commit_is_noticed() {
    let place = Place::new();
    for (number, act) in (0..).zip([Act::RollWithOverlap, Act::RollAtOnce, Act::Revoke, Act::SignUp]) {
        let mut found = Findings::default();
        kill_once(&place, Manner::AnswersFirst, act, number, &Point::Afterwards, Fate::Either, &mut found);
        let lost = found.complaints.iter().any(|complaint| complaint.contains("lost: what was acknowledged"));
        assert!(lost, "{act:?}: {:?}", found.complaints);
    }
}

/// And so is a change that is not one transaction.
#[test]
fn half_a_change_is_noticed() {
    for (act, before, half) in [
        (Act::RollWithOverlap, "insert_pair", "an account has exactly one active pair"),
        (Act::RollAtOnce, "insert_event", "a roll has one record, which names both pairs"),
        (Act::Revoke, "insert_event", "a pair that was ended at once has one record of that"),
        (Act::SignUp, "insert_membership", "a person is in an account"),
    ] {
        let place = Place::new();
        let step = steps(&place, act).iter().position(|step| step == before).unwrap();
        let server = Killable::start(&place, Manner::InPieces);
        let mut attempt = Attempt::prepare(act, &server, 0);
        attempt.strike(server, &Point::Step(step), &place);
        let served = place.serve(&[TRUSTING]);
        let complaints = look_into(&place.directory.path().join("data/latchkey.db"));
        assert!(complaints.iter().any(|complaint| complaint.starts_with(half)), "{act:?}: {complaints:?}");
        drop(served);
    }
}
