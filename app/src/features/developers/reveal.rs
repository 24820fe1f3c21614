//! Fetching a private key: to look at it, or to copy it without showing it.

use super::desk::{Because, Desk, News, Open, Purpose};
use super::server_fns::reveal_key;
use super::wire::RevealedKey;
use crate::browser;
use crate::error::AppError;
use crate::ui::Tone;
use domain::{PairId, Password, Refusal};
use leptos::prelude::*;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

const CONFIRM_FOR: Duration = Duration::from_secs(2);

/// Fetches the key for `purpose`, with the password if it is at hand. Call it inside the click: a copy must begin there.
pub fn begin(desk: Desk, purpose: Purpose, password: Option<Password>) {
    if desk.fetching.get_untracked().is_some() {
        return;
    }
    desk.error.set(None);
    desk.news.set(None);
    match purpose {
        Purpose::Reveal(pair) => look(desk, pair, password),
        Purpose::Copy(pair) => copy(desk, pair, password),
    }
}

fn look(desk: Desk, pair: PairId, password: Option<Password>) {
    desk.fetching.set(Some(pair.clone()));
    browser::later(async move {
        let answer = reveal_key(pair.clone(), password).await;
        desk.fetching.set(None);
        match answer {
            Ok(key) => {
                arrived(desk);
                desk.show_secret(pair, key, Because::Asked);
                desk.announcer.say("The private key is shown for one minute.");
            }
            Err(error) => refused(desk, Purpose::Reveal(pair), error),
        }
    });
}

fn copy(desk: Desk, pair: PairId, password: Option<Password>) {
    desk.fetching.set(Some(pair.clone()));
    // The key stays here until it is known whether the browser took it: if not, it is shown instead.
    let answer: Rc<RefCell<Option<Result<RevealedKey, AppError>>>> = Rc::default();
    let fetch = {
        let (answer, pair) = (Rc::clone(&answer), pair.clone());
        async move {
            let fetched = reveal_key(pair, password).await;
            let text = fetched.as_ref().ok().map(|key| key.expose().to_owned());
            *answer.borrow_mut() = Some(fetched);
            text
        }
    };
    if browser::can_copy_later() {
        let copied = browser::copy_later(fetch);
        browser::later(async move {
            let copied = copied.await;
            finish(desk, pair, copied.is_ok(), answer.take());
        });
    } else {
        browser::later(async move {
            fetch.await;
            finish(desk, pair, false, answer.take());
        });
    }
}

fn finish(desk: Desk, pair: PairId, copied: bool, answer: Option<Result<RevealedKey, AppError>>) {
    desk.fetching.set(None);
    match answer {
        Some(Ok(_)) if copied => {
            arrived(desk);
            desk.announcer.say("Copied the private key.");
            desk.copied.set(Some(pair));
            set_timeout(
                move || {
                    desk.copied.try_set(None);
                },
                CONFIRM_FOR,
            );
        }
        Some(Ok(key)) => {
            arrived(desk);
            desk.show_secret(pair, key, Because::CopyFailed);
        }
        Some(Err(error)) => refused(desk, Purpose::Copy(pair), error),
        None => refused(desk, Purpose::Copy(pair), AppError::Unreachable),
    }
}

/// The password, if one was asked for, was right.
fn arrived(desk: Desk) {
    desk.password_given();
    if matches!(desk.open.get_untracked(), Open::Password(_)) {
        desk.dismiss();
    }
}

fn refused(desk: Desk, purpose: Purpose, error: AppError) {
    let asking = matches!(desk.open.get_untracked(), Open::Password(_));
    match error {
        AppError::Refused(Refusal::StepUpDue) if !asking => desk.show(Open::Password(purpose)),
        error if asking => desk.refused(error),
        AppError::Refused(Refusal::SignedOut | Refusal::NoAccount | Refusal::NotFound | Refusal::PairEnded) => {
            desk.refused(error);
        }
        error => desk.news.set(Some(News { tone: Tone::Danger, words: error.sentence() })),
    }
}
