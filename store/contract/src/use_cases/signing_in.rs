//! Signing up, in and out, and what guessing costs.

use super::{Installation, PASSWORD, password, person, refusal, stranger};
use backend::accounts::NewAccount;
use backend::authenticate::Verdict;
use backend::store::Store;
use backend::throttle::{MOST_PER_PERSON, WINDOW};
use backend::{Policy, RequestContext, SignUp, sessions};
use domain::audit::Act;
use domain::{Duration, Refusal, Role};
use std::sync::Arc;

fn new_account(email: &str, typed: &str) -> NewAccount {
    NewAccount { email: email.to_owned(), name: "Ada".to_owned(), external_id: None, password: Some(password(typed)) }
}

/// One transaction makes all of it.
pub async fn signing_up_makes_person_account_owner_pair_and_session_at_once(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let opened = here.backend.sign_up(&stranger(), new_account("Ada@Example.org", PASSWORD)).await.expect("signs up");
    let context = here.context_of(&opened).await;
    assert_eq!(person(&context).email, "ada@example.org");
    let seat = person(&context).seat().expect("in an account");
    assert_eq!(seat.role, Role::Owner);

    let keys = here.backend.list_keys(&context, &seat.account_id).await.expect("lists");
    assert_eq!(keys.account.name, "Ada");
    assert_eq!(keys.pairs.len(), 1);
    let key = here.backend.reveal(&context, &keys.account.id, None, None).await.expect("reveals").private_key;
    let verdict = here.backend.authenticate(key.expose()).await.expect("authenticates");
    assert!(matches!(verdict, Verdict::Valid(whose) if whose.account_id == keys.account.id));
    assert_eq!(here.records(Act::AccountCreate).await.len(), 1);
}

/// Neither an account nor a pair is left behind by half a sign-up.
pub async fn a_sign_up_with_a_taken_address_leaves_nothing(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    here.backend.sign_up(&stranger(), new_account("ada@example.org", PASSWORD)).await.expect("signs up");
    let before = here.store.list_events(None, 100).await.expect("reads");
    let again = here.backend.sign_up(&stranger(), new_account("ADA@example.org", PASSWORD)).await;
    assert_eq!(refusal(again), Some(Refusal::EmailTaken));
    assert_eq!(here.store.list_events(None, 100).await.expect("reads"), before);
}

/// Neither closed nor by invitation means open, and each says what to do.
pub async fn a_closed_installation_refuses_sign_up(store: Arc<dyn Store>) {
    for (sign_up, expected) in [(SignUp::Closed, Refusal::SignUpClosed), (SignUp::Invite, Refusal::InvitationNeeded)] {
        let here = Installation::with_policy(Arc::clone(&store), Policy { sign_up, ..Policy::default() });
        let answer = here.backend.sign_up(&stranger(), new_account("ada@example.org", PASSWORD)).await;
        assert_eq!(refusal(answer), Some(expected));
    }
}

/// Each field has its own code, so that the sentence stands beside it.
pub async fn a_bad_name_address_or_password_is_refused_by_its_own_code(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let long_name = NewAccount { name: "x".repeat(101), ..new_account("ada@example.org", PASSWORD) };
    for (new, expected) in [
        (new_account("ada", PASSWORD), Refusal::EmailInvalid),
        (long_name, Refusal::NameInvalid),
        (new_account("ada@example.org", "too short"), Refusal::PasswordTooShort),
        (new_account("ada@example.org", "passwordpassword"), Refusal::PasswordCommon),
        (new_account("ada@example.org", "ada@example.org"), Refusal::PasswordCommon),
    ] {
        assert_eq!(refusal(here.backend.sign_up(&stranger(), new).await), Some(expected));
    }
    assert!(here.store.list_events(None, 10).await.expect("reads").is_empty());
}

/// Unknown, without a password, wrong password, no address at all: one answer.
pub async fn whoever_fails_to_sign_in_gets_the_same_answer(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    here.owner("ada@example.org").await;
    let operator = RequestContext::operator("op".to_owned(), "req".to_owned());
    let without_password = NewAccount { password: None, ..new_account("bob@example.org", "") };
    here.backend.create_account(&operator, without_password).await.expect("creates");
    for (email, typed) in [
        ("ada@example.org", "wrong wrong wrong"),
        ("ada@example.org", ""),
        ("bob@example.org", ""),
        ("bob@example.org", PASSWORD),
        ("nobody@example.org", PASSWORD),
        ("not an address", PASSWORD),
        ("", ""),
    ] {
        let answer = here.backend.sign_in(&stranger(), email, password(typed)).await;
        assert_eq!(refusal(answer), Some(Refusal::SignInFailed), "{email:?}");
    }
}

/// The address typed is in no record of somebody unknown: now and then it is a password.
pub async fn every_sign_in_and_every_failure_leaves_one_record(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let owner = here.owner("ada@example.org").await;
    assert_eq!(here.records(Act::SignIn).await.len(), 1);
    for email in ["ada@example.org", "hunter2-in-the-wrong-field"] {
        let answer = here.backend.sign_in(&stranger(), email, password("wrong wrong wrong")).await;
        assert_eq!(refusal(answer), Some(Refusal::SignInFailed));
    }
    let refused = here.records(Act::SignInRefused).await;
    assert_eq!(refused.len(), 2);
    assert_eq!(refused[0].account_id, None);
    assert_eq!(refused[1].account_id, Some(owner.account));
    assert_eq!(refused[1].address.as_deref(), Some("192.0.2.1"));
    assert_eq!(refused[1].user_agent.as_deref(), Some("Contract/1"));
    assert!(!format!("{refused:?}").contains("hunter2"));
}

/// Not even the right password is looked at once the allowance is spent; a new window brings a new one.
pub async fn guesses_beyond_the_limit_are_not_evaluated(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    here.owner("ada@example.org").await;
    for _ in 0..MOST_PER_PERSON {
        let answer = here.backend.sign_in(&stranger(), "ada@example.org", password("wrong wrong wrong")).await;
        assert_eq!(refusal(answer), Some(Refusal::SignInFailed));
    }
    let right = async || here.backend.sign_in(&stranger(), "ada@example.org", password(PASSWORD)).await;
    assert_eq!(refusal(right().await), Some(Refusal::TooManyAttempts));
    here.pass(WINDOW);
    assert_eq!(refusal(right().await), None);
}

/// The check and the count are one step.
pub async fn parallel_guesses_do_not_slip_through(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    here.owner("ada@example.org").await;
    let guesses: Vec<_> = (0..40)
        .map(|_| {
            let backend = here.backend.clone();
            tokio::spawn(
                async move { backend.sign_in(&stranger(), "ada@example.org", password("wrong wrong wrong")).await },
            )
        })
        .collect();
    let mut evaluated = 0;
    for guess in guesses {
        match refusal(guess.await.expect("joins")) {
            Some(Refusal::SignInFailed | Refusal::Busy) => evaluated += 1,
            Some(Refusal::TooManyAttempts) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(evaluated, MOST_PER_PERSON);
}

/// Whoever guesses from elsewhere cannot lock the owner out of a browser they have used.
pub async fn a_known_device_gets_in_while_a_stranger_guesses(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    here.owner("ada@example.org").await;
    let opened = here.backend.sign_in(&stranger(), "ada@example.org", password(PASSWORD)).await.expect("signs in");
    for _ in 0..=MOST_PER_PERSON {
        let guess = here.backend.sign_in(&stranger(), "ada@example.org", password("wrong wrong wrong")).await;
        assert!(matches!(refusal(guess), Some(Refusal::SignInFailed | Refusal::TooManyAttempts)));
    }
    let elsewhere = here.backend.sign_in(&stranger(), "ada@example.org", password(PASSWORD)).await;
    assert_eq!(refusal(elsewhere), Some(Refusal::TooManyAttempts));
    let known = RequestContext { device: Some(opened.device), ..stranger() };
    assert_eq!(refusal(here.backend.sign_in(&known, "ada@example.org", password(PASSWORD)).await), None);
}

/// Use renews a session, up to twelve hours after the sign-in and no further.
pub async fn a_session_ends_when_idle_and_after_twelve_hours(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    here.owner("ada@example.org").await;
    let sign_in = async || here.backend.sign_in(&stranger(), "ada@example.org", password(PASSWORD)).await;
    let lives = async |session| here.backend.find_signed_in(session).await.expect("reads").is_some();

    let idle = sign_in().await.expect("signs in");
    let start = here.backend.now();
    here.set_clock(start.plus(sessions::IDLE).minus(Duration::minutes(1)));
    assert!(lives(&idle.session).await);
    here.pass(sessions::IDLE);
    assert!(!lives(&idle.session).await);

    let used = sign_in().await.expect("signs in");
    let opened_at = here.backend.now();
    while here.backend.now() < opened_at.plus(sessions::ABSOLUTE).minus(Duration::minutes(20)) {
        here.pass(Duration::minutes(20));
        assert!(lives(&used.session).await);
    }
    here.set_clock(opened_at.plus(sessions::ABSOLUTE));
    assert!(!lives(&used.session).await);
}

/// Its cookie opens nothing any more.
pub async fn a_session_signed_out_is_over(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    here.owner("ada@example.org").await;
    let opened = here.backend.sign_in(&stranger(), "ada@example.org", password(PASSWORD)).await.expect("signs in");
    let context = here.context_of(&opened).await;
    here.backend.sign_out(&context).await.expect("signs out");
    assert!(here.backend.find_signed_in(&opened.session).await.expect("reads").is_none());
    assert_eq!(here.records(Act::SignOut).await.len(), 1);
}
