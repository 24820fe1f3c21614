//! Guessing, in parallel: whatever races there are, no more passwords are looked at than somebody may try.

use super::{Installation, Owner, PASSWORD, password, refusal, stranger};
use backend::accounts::NewAccount;
use backend::sessions::STEP_UP;
use backend::store::Store;
use backend::throttle::{MOST_NEW_PER_ADDRESS, MOST_PER_ADDRESS, MOST_PER_PERSON};
use backend::{RequestContext, Result};
use domain::Refusal;
use domain::audit::Act;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

const AT_ONCE: u16 = 500;
const WRONG: &str = "wrong wrong wrong wrong";

/// Somebody at the `n`th address.
fn from(n: u16) -> RequestContext {
    let [high, low] = n.to_be_bytes();
    RequestContext { address: Some(IpAddr::V4(Ipv4Addr::new(10, 1, high, low))), ..stranger() }
}

/// Does all of it at once, and counts the answers; `None` stands for "done".
async fn at_once<T: Send + 'static, F>(attempt: impl Fn(u16) -> F) -> HashMap<Option<Refusal>, u32>
where
    F: Future<Output = Result<T>> + Send + 'static,
{
    let attempts: Vec<_> = (0..AT_ONCE).map(|n| tokio::spawn(attempt(n))).collect();
    let mut answers = HashMap::new();
    for attempt in attempts {
        *answers.entry(refusal(attempt.await.expect("joins"))).or_insert(0) += 1;
    }
    answers
}

/// How often `said` was answered. Every other answer says that nothing was looked at.
#[track_caller]
fn count(answers: &HashMap<Option<Refusal>, u32>, said: Option<Refusal>) -> u32 {
    for answer in answers.keys() {
        let spared = matches!(answer, Some(Refusal::TooManyAttempts | Refusal::Busy));
        assert!(spared || *answer == said, "{answers:?}");
    }
    answers.get(&said).copied().unwrap_or_default()
}

/// Whether the allowance is used up: everybody is sent away, and not only because so many came at once.
fn is_used_up(answers: &HashMap<Option<Refusal>, u32>, said: Option<Refusal>) -> bool {
    !answers.contains_key(&said) && answers.contains_key(&Some(Refusal::TooManyAttempts))
}

/// From as many addresses. Meanwhile the owner gets in, in a browser they have used before.
pub async fn of_500_guesses_at_one_person_ten_are_looked_at(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    here.owner("ada@example.org").await;
    let opened = here.backend.sign_in(&stranger(), "ada@example.org", password(PASSWORD)).await.expect("signs in");
    let known = RequestContext { device: Some(opened.device), ..stranger() };
    let before = here.backend.passwords_checked();
    let mut answers = at_once(|n| {
        let (backend, known) = (here.backend.clone(), known.clone());
        // In the middle of it all, the owner.
        let (context, typed) = if n == AT_ONCE / 2 { (known, PASSWORD) } else { (from(n), WRONG) };
        async move { backend.sign_in(&context, "ada@example.org", password(typed)).await }
    })
    .await;
    assert_eq!(answers.remove(&None), Some(1), "the owner gets in: {answers:?}");
    let looked_at = here.backend.passwords_checked() - before - 1;
    assert!(looked_at <= u64::from(MOST_PER_PERSON), "{looked_at}");
    assert_eq!(u64::from(count(&answers, Some(Refusal::SignInFailed))), looked_at, "{answers:?}");
    // Whoever was let in and not told to wait was counted: the next one is refused, whatever they know.
    let next = here.backend.sign_in(&from(9_999), "ada@example.org", password(PASSWORD)).await;
    assert_eq!(refusal(next), Some(Refusal::TooManyAttempts));
    let told = answers.get(&Some(Refusal::TooManyAttempts)).copied().unwrap_or_default();
    let recorded = here.records(Act::SignInRefused).await.len();
    assert!(recorded >= (u32::try_from(looked_at).expect("few") + told) as usize, "{recorded} of {answers:?}");
}

/// At as many people, who may not even exist.
pub async fn of_500_guesses_from_one_address_a_hundred_are_looked_at(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let guess = |n: u16| {
        let backend = here.backend.clone();
        async move { backend.sign_in(&stranger(), &format!("somebody{n}@example.org"), password(WRONG)).await }
    };
    // A burst is cut short by the number of places, so it takes several to get to the limit.
    let mut looked_at = 0;
    for _ in 0..20 {
        let answers = at_once(guess).await;
        looked_at += count(&answers, Some(Refusal::SignInFailed));
        if is_used_up(&answers, Some(Refusal::SignInFailed)) {
            break;
        }
    }
    assert_eq!(here.backend.passwords_checked(), u64::from(looked_at));
    assert!(looked_at <= MOST_PER_ADDRESS, "{looked_at}");
    assert_eq!(refusal(guess(0).await), Some(Refusal::TooManyAttempts));
}

/// In a session whose password is due: a stolen cookie is no way around the limit.
pub async fn of_500_guesses_in_a_session_ten_are_looked_at(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let owner = here.owner("ada@example.org").await;
    here.pass(STEP_UP);
    let before = here.backend.passwords_checked();
    let answers = at_once(|_| {
        let (backend, Owner { context, account, .. }) = (here.backend.clone(), owner.clone());
        async move { backend.reveal(&context, &account, None, Some(&password(WRONG))).await }
    })
    .await;
    let looked_at = here.backend.passwords_checked() - before;
    assert!(looked_at <= u64::from(MOST_PER_PERSON), "{looked_at}");
    assert_eq!(u64::from(count(&answers, Some(Refusal::PasswordWrong))), looked_at, "{answers:?}");
    let right = here.backend.reveal(&owner.context, &owner.account, None, Some(&password(PASSWORD))).await;
    assert_eq!(refusal(right), Some(Refusal::TooManyAttempts));
    assert!(here.records(Act::KeyReveal).await.is_empty());
}

/// Each would be a person, an account and a pair.
pub async fn of_500_sign_ups_from_one_address_fifty_succeed(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let sign_up = |n: u16| {
        let backend = here.backend.clone();
        let new = NewAccount {
            email: format!("somebody{n}@example.org"),
            name: String::new(),
            external_id: None,
            password: Some(password(PASSWORD)),
        };
        async move { backend.sign_up(&stranger(), new).await }
    };
    let mut made = 0;
    for round in 0..20 {
        let answers = at_once(|n| sign_up(n + AT_ONCE * round)).await;
        made += count(&answers, None);
        if is_used_up(&answers, None) {
            break;
        }
    }
    assert!(made <= MOST_NEW_PER_ADDRESS, "{made}");
    assert_eq!(here.records(Act::AccountCreate).await.len(), made as usize);
    assert_eq!(refusal(sign_up(30_000).await), Some(Refusal::TooManyAttempts));
}
