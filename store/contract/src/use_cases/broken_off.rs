//! A long walk through what can happen between a commit, the indexes of all processes and the answer, with requests and commands
//! that end on the way: broken off by a client, killed, or with the process they ran in.

use super::verifying::keep_following;
use super::{Installation, Owner};
use backend::RequestContext;
use backend::store::Store;
use domain::{Duration, ExpireOld, PairId};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

const STEPS: u64 = 120;

/// The same numbers in every run (`SplitMix64`).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        ((mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb) >> 33) % bound
    }
}

/// Runs it until it has been waited for so many times, and then no further. `None` if it did not end before.
async fn at_most<F: Future>(waits: Option<u64>, work: F) -> Option<F::Output> {
    let mut work = pin!(work);
    let mut left = waits;
    poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(answer) => Poll::Ready(Some(answer)),
        Poll::Pending => match &mut left {
            Some(0) => Poll::Ready(None),
            Some(more) => {
                *more -= 1;
                Poll::Pending
            }
            None => Poll::Pending,
        },
    })
    .await
}

enum Change {
    Roll(ExpireOld),
    Revoke,
    Disable(bool),
}

/// Makes the change, and answers whether somebody was told so.
async fn make(actor: &Installation, owner: &Owner, pairs: &[PairId], change: &Change) -> bool {
    let newest = pairs.last().expect("there is one");
    match change {
        Change::Roll(expire_old) => actor.roll(owner, newest, *expire_old).await.is_ok(),
        Change::Revoke => {
            // Whichever is expiring; the newest cannot be ended without a new one.
            for pair in pairs.iter().rev().skip(1).take(2) {
                if actor.backend.revoke(&owner.context, &owner.account, pair, None).await.is_ok() {
                    return true;
                }
            }
            false
        }
        Change::Disable(disabled) => {
            let operator = RequestContext::operator("op".to_owned(), "req_operator".to_owned());
            let set = actor.backend.set_account_disabled(&operator, &owner.account, *disabled, "leaked", None).await;
            set.is_ok()
        }
    }
}

/// Whoever makes a change, wherever it breaks off, and whichever process shows what became of it: what it shows as dead nobody
/// accepts, and what it shows as working everybody does.
pub async fn what_somebody_was_told_of_a_key_holds_everywhere(store: Arc<dyn Store>) {
    let mut chance = Chance(2_026);
    let server = Installation::new(store);
    let owner = server.owner("ada@example.org").await;
    let mut second = server.beside();
    server.follow().await;
    second.follow().await;
    let following = keep_following(&server);
    let mut following_second = keep_following(&second);
    let (mut pairs, mut keys) = (vec![owner.pair.clone()], vec![owner.key.clone()]);
    let (mut disabled, mut told, mut broken_off) = (false, 0, 0);
    for step in 0..STEPS {
        if step == STEPS / 2 {
            // The second server is killed, and another one is started in its place.
            following_second.abort();
            second = server.beside();
            second.follow().await;
            following_second = keep_following(&second);
        }
        let command = server.beside();
        let owner = server.fresh(&owner);
        let everybody = [&server, &second, &command];
        let change = match chance.below(6) {
            _ if disabled => Change::Disable(false),
            0 | 1 => Change::Roll(ExpireOld::Immediately),
            2 | 3 => Change::Roll(ExpireOld::In1Hour),
            4 => Change::Revoke,
            _ => Change::Disable(true),
        };
        let actor = everybody[usize::try_from(chance.below(3)).expect("small")];
        let waits = (chance.below(2) == 0).then(|| chance.below(25));
        match at_most(waits, make(actor, &owner, &pairs, &change)).await {
            Some(true) => told += 1,
            Some(false) => {}
            None => {
                broken_off += 1;
                // A commit that was under way may still come, and not between the two things that are compared below.
                drop(server.store.begin_write().await.expect("begins"));
            }
        }
        if chance.below(8) == 0 {
            server.pass(Duration::minutes(31));
            second.set_clock(server.backend.now());
            command.set_clock(server.backend.now());
        }

        let owner = server.fresh(&owner);
        let reader = everybody[usize::try_from(chance.below(3)).expect("small")];
        let page = reader.backend.list_keys(&owner.context, &owner.account).await.expect("reads");
        disabled = page.account.disabled_at.is_some();
        let newest = page.pairs.first().expect("there is one");
        if pairs.last() != Some(&newest.id) {
            let shown = server.backend.reveal(&owner.context, &owner.account, Some(&newest.id), None).await;
            keys.push(shown.expect("reveals").private_key.expose().to_owned());
            pairs.push(newest.id.clone());
        }
        for (pair, key) in pairs.iter().zip(&keys) {
            let shown = page.pairs.iter().find(|shown| shown.id == *pair);
            let expected = !disabled && shown.is_some_and(|shown| shown.state(page.now).works());
            for asked in [&server, &second] {
                let verdict = asked.backend.authenticate(key).await.expect("decides");
                let accepted = matches!(verdict, backend::authenticate::Verdict::Valid(_));
                assert_eq!(accepted, expected, "step {step}: {pair} is shown as {shown:?}, and was {verdict:?}");
            }
        }
    }
    assert!(told > 30 && broken_off > 20, "{told} changes were told, {broken_off} broken off");
    following.abort();
    following_second.abort();
}
