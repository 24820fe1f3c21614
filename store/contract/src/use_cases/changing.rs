//! A person changes their own password and the address they sign in with.

use super::{Installation, Owner, PASSWORD, password, person, refusal, stranger};
use backend::sign_in::SignedInSession;
use backend::store::Store;
use backend::throttle::{MOST_PER_PERSON, WINDOW};
use backend::{Backend, RequestContext};
use domain::audit::{Act, Detail};
use domain::{Duration, Refusal};
use std::sync::Arc;

const OTHER: &str = "velvet cactus piano 42 moon";
const WRONG: &str = "wrong wrong wrong";

async fn change(backend: &Backend, context: &RequestContext, old: &str, new: &str) -> Option<Refusal> {
    refusal(backend.change_password(context, password(old), password(new)).await)
}

async fn move_to(here: &Installation, owner: &Owner, typed: &str, email: &str) -> Option<Refusal> {
    refusal(here.backend.change_email(&owner.context, password(typed), email).await)
}

async fn opens(here: &Installation, email: &str, typed: &str) -> Option<SignedInSession> {
    here.backend.sign_in(&stranger(), email, password(typed)).await.ok()
}

/// The new one opens, the old one does not, and it is on record.
pub async fn a_person_changes_their_password(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let ada = here.owner("ada@example.org").await;
    assert_eq!(change(&here.backend, &ada.context, PASSWORD, OTHER).await, None);
    assert!(opens(&here, "ada@example.org", OTHER).await.is_some());
    assert!(opens(&here, "ada@example.org", PASSWORD).await.is_none());
    let changed = here.records(Act::PasswordChange).await;
    assert_eq!((changed.len(), changed[0].account_id.clone()), (1, Some(ada.account)));
    assert_eq!(
        refusal(here.backend.change_password(&stranger(), password(OTHER), password(PASSWORD)).await),
        Some(Refusal::SignedOut)
    );
}

/// However short ago it was given: a screen left unlocked is not enough.
pub async fn a_change_asks_for_the_password_always(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let ada = here.owner("ada@example.org").await;
    for typed in ["", WRONG] {
        assert_eq!(change(&here.backend, &ada.context, typed, OTHER).await, Some(Refusal::PasswordWrong));
        assert_eq!(move_to(&here, &ada, typed, "new@example.org").await, Some(Refusal::PasswordWrong));
    }
    assert!(opens(&here, "ada@example.org", PASSWORD).await.is_some());
    let refused = (here.records(Act::PasswordChangeRefused).await, here.records(Act::EmailChangeRefused).await);
    assert_eq!((refused.0.len(), refused.1.len()), (2, 2));
    assert_eq!(refused.0[0].detail, Some(Detail::Refusal { code: Refusal::PasswordWrong }));
}

/// As at sign-up, and each with its own code; the password in use stays.
pub async fn a_new_password_is_held_to_the_rules_of_sign_up(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let ada = here.owner("ada.lovelace@example.org").await;
    for (new, expected) in [
        ("too short", Refusal::PasswordTooShort),
        ("passwordpassword", Refusal::PasswordCommon),
        ("ada.lovelace@example.org", Refusal::PasswordCommon),
        (&"ab".repeat(600), Refusal::PasswordTooLong),
    ] {
        assert_eq!(change(&here.backend, &ada.context, PASSWORD, new).await, Some(expected), "{new}");
    }
    assert!(opens(&here, "ada.lovelace@example.org", PASSWORD).await.is_some());
    assert_eq!(here.records(Act::PasswordChange).await.len(), 0);
}

/// What another could still come in by: their session, a link handed out, a browser with guesses of its own.
pub async fn a_change_closes_every_other_door(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    for change_email in [false, true] {
        let email = if change_email { "ada@example.org" } else { "ben@example.org" };
        let owner = here.owner(email).await;
        let mine = opens(&here, email, PASSWORD).await.expect("signs in");
        let theirs = opens(&here, email, PASSWORD).await.expect("signs in");
        let link = here.password_link(email).await;
        let context = RequestContext { device: Some(mine.device.clone()), ..here.context_of(&mine).await };
        here.pass(Duration::minutes(10));
        let (email, answer) = if change_email {
            let new = "ada.new@example.org";
            (new, here.backend.change_email(&context, password(PASSWORD), new).await)
        } else {
            (email, here.backend.change_password(&context, password(PASSWORD), password(OTHER)).await)
        };
        assert_eq!(refusal(answer), None);

        assert!(here.backend.find_signed_in(&theirs.session).await.expect("reads").is_none());
        let sessions = here.backend.list_sessions(&context).await.expect("lists").sessions;
        assert_eq!(sessions.len(), 1);
        assert_eq!(here.knows(email, [&mine.device, &theirs.device]).await, [true, false]);
        let used = here.backend.set_password(&stranger(), &link, password("gannet quorum trellis 41")).await;
        assert_eq!(refusal(used), Some(Refusal::LinkInvalid));

        // This session goes on, and its password has just been given.
        let still = here.context_of(&mine).await;
        assert_eq!(person(&still).password_at, here.backend.now());
        assert_eq!(refusal(here.backend.reveal(&still, &owner.account, None, None).await), None);
    }
}

/// A stolen session guesses no faster here than at the sign-in page, and the count is one for both.
pub async fn guesses_in_a_change_count_as_sign_ins_do(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let ada = here.owner("ada@example.org").await;
    for nth in 0..MOST_PER_PERSON {
        let answer = if nth % 2 == 0 {
            change(&here.backend, &ada.context, WRONG, OTHER).await
        } else {
            move_to(&here, &ada, WRONG, "new@example.org").await
        };
        assert_eq!(answer, Some(Refusal::PasswordWrong));
    }
    assert_eq!(change(&here.backend, &ada.context, PASSWORD, OTHER).await, Some(Refusal::TooManyAttempts));
    let elsewhere = here.backend.sign_in(&stranger(), "ada@example.org", password(PASSWORD)).await;
    assert_eq!(refusal(elsewhere), Some(Refusal::TooManyAttempts));
    here.pass(WINDOW);
    let opened = opens(&here, "ada@example.org", PASSWORD).await.expect("signs in");
    let context = here.context_of(&opened).await;
    assert_eq!(change(&here.backend, &context, PASSWORD, OTHER).await, None);
}

/// The right password forgets the wrong ones before it: a refused new one is no guess.
pub async fn the_right_password_forgets_the_guesses_before_it(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let ada = here.owner("ada@example.org").await;
    for _ in 0..=MOST_PER_PERSON {
        assert_eq!(change(&here.backend, &ada.context, PASSWORD, "short").await, Some(Refusal::PasswordTooShort));
    }
}

/// Both start from the same old password; only one of them is still right when it is written.
pub async fn of_two_changes_at_once_one_wins(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let ada = here.owner("ada@example.org").await;
    let change_to = |new: &'static str| {
        let (backend, context) = (here.backend.clone(), ada.context.clone());
        tokio::spawn(async move { (change(&backend, &context, PASSWORD, new).await, new) })
    };
    let (one, two) = (change_to(OTHER), change_to("gannet quorum trellis 41"));
    let answers = [one.await.expect("joins"), two.await.expect("joins")];
    let won: Vec<_> = answers.iter().filter(|(answer, _)| answer.is_none()).collect();
    assert_eq!(won.len(), 1, "{answers:?}");
    assert!(opens(&here, "ada@example.org", won[0].1).await.is_some());
    assert_eq!(here.records(Act::PasswordChange).await.len(), 1);
}

/// A sign-in with the old password that was being checked while the password changed opens nothing.
pub async fn a_sign_in_under_way_does_not_outlive_a_change(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let ada = here.owner("ada@example.org").await;
    let user = person(&ada.context).user_id.clone();
    let hash = here.store.find_person(&user).await.expect("reads").expect("there").password_hash;
    // The writer is held until the sign-in waits for it to count its attempt: it has read the old hash by then.
    let first = here.store.begin_write().await.expect("begins");
    let backend = here.backend.clone();
    let signing_in =
        tokio::spawn(async move { backend.sign_in(&stranger(), "ada@example.org", password(PASSWORD)).await });
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    let store = Arc::clone(&here.store);
    // Next in the line of writers, so before the sign-in writes its session.
    let changing = tokio::spawn(async move {
        let mut tx = store.begin_write().await.expect("begins");
        tx.set_password_hash(&user, &format!("{}x", hash.expect("has one"))).await.expect("stored");
        tx.delete_sessions_of(&user).await.expect("ended");
        tx.commit().await.expect("commits");
    });
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    drop(first);
    changing.await.expect("joins");
    assert_eq!(refusal(signing_in.await.expect("joins")), Some(Refusal::SignInFailed));
    let user = &person(&ada.context).user_id;
    assert_eq!(here.store.list_sessions(user).await.expect("reads"), []);
    assert_eq!(here.records(Act::SignInRefused).await.len(), 1);
}

/// Nothing changes by a request of a session that ended while its password was being checked.
pub async fn a_change_in_an_ended_session_changes_nothing(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let ada = here.owner("ada@example.org").await;
    here.backend.sign_out(&ada.context).await.expect("signs out");
    assert_eq!(change(&here.backend, &ada.context, PASSWORD, OTHER).await, Some(Refusal::SignedOut));
    assert_eq!(move_to(&here, &ada, PASSWORD, "new@example.org").await, Some(Refusal::SignedOut));
    assert!(opens(&here, "ada@example.org", PASSWORD).await.is_some());
}

/// Tidied as at sign-up; the record holds both.
pub async fn a_person_changes_their_address(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let ada = here.owner("ada@example.org").await;
    assert_eq!(move_to(&here, &ada, PASSWORD, " Ada.New@Example.ORG ").await, None);
    assert!(opens(&here, "ada.new@example.org", PASSWORD).await.is_some());
    assert!(opens(&here, "ada@example.org", PASSWORD).await.is_none());
    let changed = here.records(Act::EmailChange).await;
    assert_eq!(changed.len(), 1);
    let (from, to) = ("ada@example.org".to_owned(), "ada.new@example.org".to_owned());
    assert_eq!(changed[0].detail, Some(Detail::EmailChanged { from, to, sessions_ended: 0 }));
}

/// An address somebody has, one that is none, and the person's own.
pub async fn an_address_that_cannot_be_taken_is_refused(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let ada = here.owner("ada@example.org").await;
    here.owner("ben@example.org").await;
    for (email, expected) in [
        ("BEN@example.org", Refusal::EmailTaken),
        ("ben", Refusal::EmailInvalid),
        ("Ada@example.org", Refusal::EmailUnchanged),
    ] {
        assert_eq!(move_to(&here, &ada, PASSWORD, email).await, Some(expected));
    }
    // Without the password nobody learns who is here.
    assert_eq!(move_to(&here, &ada, WRONG, "ben@example.org").await, Some(Refusal::PasswordWrong));
    assert_eq!(here.backend.list_sessions(&ada.context).await.expect("lists").sessions.len(), 1);
    assert!(opens(&here, "ada@example.org", PASSWORD).await.is_some());
}

/// Ten addresses in a quarter of an hour: no faster than sign-up tells who is here.
pub async fn addresses_are_not_tried_without_end(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let ada = here.owner("ada@example.org").await;
    here.owner("ben@example.org").await;
    for _ in 0..MOST_PER_PERSON {
        assert_eq!(move_to(&here, &ada, PASSWORD, "ben@example.org").await, Some(Refusal::EmailTaken));
    }
    assert_eq!(move_to(&here, &ada, PASSWORD, "ben@example.org").await, Some(Refusal::TooManyAttempts));
}
