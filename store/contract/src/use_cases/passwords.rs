//! One-time links, and the password asked for again.

use super::{Installation, PASSWORD, password, refusal, stranger};
use backend::RequestContext;
use backend::people::LINK_LIFE;
use backend::sessions::STEP_UP;
use backend::store::Store;
use backend::throttle::{MOST_PER_PERSON, WINDOW};
use domain::audit::Act;
use domain::{Duration, Refusal};
use std::sync::Arc;

const OTHER: &str = "velvet cactus piano 42 moon";

fn operator() -> RequestContext {
    RequestContext::operator("op".to_owned(), "req".to_owned())
}

/// A second use is refused, and so is a link that never was.
pub async fn a_one_time_link_sets_a_password_once(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    here.owner("ada@example.org").await;
    let link = here.backend.create_password_link(&operator(), "ada@example.org").await.expect("makes").expose();
    here.backend.set_password(&stranger(), &link, password(OTHER)).await.expect("sets");
    let again = here.backend.set_password(&stranger(), &link, password(PASSWORD)).await;
    assert_eq!(refusal(again), Some(Refusal::LinkInvalid));
    let forged = here.backend.set_password(&stranger(), "no link", password(PASSWORD)).await;
    assert_eq!(refusal(forged), Some(Refusal::LinkInvalid));

    let old = here.backend.sign_in(&stranger(), "ada@example.org", password(PASSWORD)).await;
    assert_eq!(refusal(old), Some(Refusal::SignInFailed));
    assert_eq!(refusal(here.backend.sign_in(&stranger(), "ada@example.org", password(OTHER)).await), None);
    assert_eq!((here.records(Act::PasswordLink).await.len(), here.records(Act::PasswordSet).await.len()), (1, 1));
}

/// An hour, to the millisecond.
pub async fn a_one_time_link_is_dead_after_an_hour(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    here.owner("ada@example.org").await;
    let start = here.backend.now();
    for (after, expected) in [(LINK_LIFE.as_millis() - 1, None), (LINK_LIFE.as_millis(), Some(Refusal::LinkInvalid))] {
        here.set_clock(start);
        let link = here.backend.create_password_link(&operator(), "ada@example.org").await.expect("makes").expose();
        here.set_clock(domain::Timestamp::from_millis(start.as_millis() + after));
        assert_eq!(refusal(here.backend.set_password(&stranger(), &link, password(OTHER)).await), expected);
    }
}

/// Another password can be tried with the same link.
pub async fn a_refused_password_leaves_the_link_as_it_was(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    here.owner("ada@example.org").await;
    let link = here.backend.create_password_link(&operator(), "ada@example.org").await.expect("makes").expose();
    let short = here.backend.set_password(&stranger(), &link, password("short")).await;
    assert_eq!(refusal(short), Some(Refusal::PasswordTooShort));
    assert_eq!(refusal(here.backend.set_password(&stranger(), &link, password(OTHER)).await), None);
}

/// Whoever had a session by the old password has none by the new one.
pub async fn setting_a_password_ends_every_session(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    here.owner("ada@example.org").await;
    let opened = here.backend.sign_in(&stranger(), "ada@example.org", password(PASSWORD)).await.expect("signs in");
    let link = here.backend.create_password_link(&operator(), "ada@example.org").await.expect("makes").expose();
    here.backend.set_password(&stranger(), &link, password(OTHER)).await.expect("sets");
    assert!(here.backend.find_signed_in(&opened.session).await.expect("reads").is_none());
}

/// The same rules as at sign-up: the person's own words are what is guessed first.
pub async fn a_password_set_by_link_is_none_of_the_persons_own_words(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    here.owner("ada.lovelace@example.org").await;
    let link =
        here.backend.create_password_link(&operator(), "ada.lovelace@example.org").await.expect("makes").expose();
    let own = here.backend.set_password(&stranger(), &link, password("ada.lovelace@example.org")).await;
    assert_eq!(refusal(own), Some(Refusal::PasswordCommon));
    assert_eq!(refusal(here.backend.set_password(&stranger(), &link, password(OTHER)).await), None);
}

/// Of many at once one wins, and its password is the one that opens.
pub async fn of_many_uses_of_one_link_at_once_one_wins(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    here.owner("ada@example.org").await;
    let link = here.backend.create_password_link(&operator(), "ada@example.org").await.expect("makes").expose();
    let uses: Vec<_> = (0..4)
        .map(|nth| {
            let (backend, link) = (here.backend.clone(), link.clone());
            tokio::spawn(async move {
                let typed = format!("{OTHER} {nth}");
                (refusal(backend.set_password(&stranger(), &link, password(&typed)).await), typed)
            })
        })
        .collect();
    let mut winners = Vec::new();
    for used in uses {
        match used.await.expect("joins") {
            (None, typed) => winners.push(typed),
            (Some(Refusal::LinkInvalid | Refusal::Busy), _) => {}
            (Some(other), _) => panic!("{other:?}"),
        }
    }
    assert_eq!(winners.len(), 1, "{winners:?}");
    assert_eq!(refusal(here.backend.sign_in(&stranger(), "ada@example.org", password(&winners[0])).await), None);
    assert_eq!(here.records(Act::PasswordSet).await.len(), 1);
}

/// The browser on which the link was used stays known; whoever knew the old password has no allowance of their own.
pub async fn setting_a_password_forgets_the_other_devices(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    here.owner("ada@example.org").await;
    let sign_in = async || here.backend.sign_in(&stranger(), "ada@example.org", password(PASSWORD)).await;
    let (mine, theirs) = (sign_in().await.expect("signs in").device, sign_in().await.expect("signs in").device);
    let link = here.backend.create_password_link(&operator(), "ada@example.org").await.expect("makes").expose();
    let here_on = RequestContext { device: Some(mine.clone()), ..stranger() };
    here.backend.set_password(&here_on, &link, password(OTHER)).await.expect("sets");
    assert_eq!(here.knows("ada@example.org", [&mine, &theirs]).await, [true, false]);
}

/// Given once, it counts for five minutes, in this session.
pub async fn the_password_is_due_five_minutes_after_it_was_given(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let owner = here.owner("ada@example.org").await;
    let opened = here.backend.sign_in(&stranger(), "ada@example.org", password(PASSWORD)).await.expect("signs in");
    let reveal = async |typed: Option<&str>| {
        let owner = here.refreshed(&owner, &opened).await;
        let typed = typed.map(password);
        refusal(here.backend.reveal(&owner.context, &owner.account, None, typed.as_ref()).await)
    };
    here.pass(STEP_UP.minus_one());
    assert_eq!(reveal(None).await, None);
    here.pass(Duration::seconds(1));
    assert_eq!(reveal(None).await, Some(Refusal::StepUpDue));
    assert_eq!(reveal(Some("")).await, Some(Refusal::StepUpDue));
    assert_eq!(reveal(Some(PASSWORD)).await, None);
    here.pass(STEP_UP.minus_one());
    assert_eq!(reveal(None).await, None);
    // The other session of the same person has not given it.
    let other = here.backend.reveal(&owner.context, &owner.account, None, None).await;
    assert_eq!(refusal(other), Some(Refusal::StepUpDue));
}

trait MinusOne {
    fn minus_one(self) -> Self;
}

impl MinusOne for Duration {
    /// A second less: still within the five minutes.
    fn minus_one(self) -> Self {
        let seconds = u32::try_from(self.as_millis() / 1_000 - 1).expect("small");
        Duration::seconds(seconds)
    }
}

/// Nothing is revealed, and the owner can read that somebody tried.
pub async fn a_wrong_password_is_refused_and_recorded(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let owner = here.owner("ada@example.org").await;
    here.pass(STEP_UP);
    let wrong = password("wrong wrong wrong");
    let answer = here.backend.reveal(&owner.context, &owner.account, None, Some(&wrong)).await;
    assert_eq!(refusal(answer), Some(Refusal::PasswordWrong));
    assert_eq!(here.records(Act::StepUpRefused).await.len(), 1);
    // One attempt, one record: not a second one for the reveal that came to nothing.
    assert_eq!(here.records(Act::KeyRevealRefused).await.len(), 0);
    assert_eq!(here.records(Act::KeyReveal).await.len(), 0);
}

/// A stolen session does not give unlimited guesses at its person's password.
pub async fn wrong_passwords_in_a_session_are_limited(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let owner = here.owner("ada@example.org").await;
    here.pass(STEP_UP);
    let reveal = async |typed: &str| {
        let typed = password(typed);
        refusal(here.backend.reveal(&owner.context, &owner.account, None, Some(&typed)).await)
    };
    for _ in 0..MOST_PER_PERSON {
        assert_eq!(reveal("wrong wrong wrong").await, Some(Refusal::PasswordWrong));
    }
    assert_eq!(reveal(PASSWORD).await, Some(Refusal::TooManyAttempts));
    here.pass(WINDOW);
    assert_eq!(reveal(PASSWORD).await, None);
}
