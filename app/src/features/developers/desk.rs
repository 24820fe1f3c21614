//! The one state of the developers tab: which dialog is open, which private key is shown, what time it is.

use super::reveal;
use super::server_fns::load_developers_tab;
use super::wire::{DevelopersTab, PairView, RevealedKey, RolledPair};
use crate::browser;
use crate::error::AppError;
use crate::paths;
use crate::ui::{Announcer, Tone};
use domain::{KeyPairState, PairId, Refusal, Timestamp};
use leptos::prelude::*;
use std::time::Duration;

/// How long a private key stays on the screen.
const SHOW_FOR: Duration = Duration::from_mins(1);

/// What stands above the page. One at a time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Open {
    /// Nothing.
    #[default]
    Nothing,
    /// The roll form.
    Roll(PairView),
    /// What the roll did. Its private key is in [`Desk::secret`].
    Rolled {
        /// The pair that is active now.
        new: PairView,
        /// The pair that was.
        old: PairView,
    },
    /// The question before ending a pair.
    Expire(PairView),
    /// The password, because it is due, to go on with something.
    Password(Purpose),
}

/// What a private key is fetched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// To look at it.
    Reveal(PairId),
    /// To copy it without showing it.
    Copy(PairId),
}

/// Why a private key is on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Because {
    /// The person asked to see it.
    Asked,
    /// It could not be copied, so it is shown, selected.
    CopyFailed,
}

/// The private key on the screen. There is one place for it, and one way to wipe it.
#[derive(Debug, Default)]
pub enum Secret {
    /// None.
    #[default]
    Hidden,
    /// This pair's.
    Shown {
        /// Whose.
        pair: PairId,
        /// The key.
        key: RevealedKey,
        /// Why.
        because: Because,
    },
}

/// What the page wants known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// How loud.
    pub tone: Tone,
    /// In words.
    pub words: &'static str,
}

/// The state of the tab. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Desk {
    /// What the server said last.
    pub tab: RwSignal<DevelopersTab>,
    /// What stands above the page.
    pub open: RwSignal<Open>,
    /// The private key on the screen.
    pub secret: RwSignal<Secret>,
    /// The pair whose private key was copied a moment ago.
    pub copied: RwSignal<Option<PairId>>,
    /// The pair whose private key is being fetched.
    pub fetching: RwSignal<Option<PairId>>,
    /// What the page wants known.
    pub news: RwSignal<Option<News>>,
    /// What is wrong with what was typed into the open dialog.
    pub error: RwSignal<Option<AppError>>,
    /// The open dialog's form has been sent and not answered.
    pub pending: RwSignal<bool>,
    /// From when on the password has to be given again.
    pub password_due_at: RwSignal<Timestamp>,
    /// The server's clock. It runs once the page is awake.
    pub now: RwSignal<Timestamp>,
    /// Reads things out.
    pub announcer: Announcer,
    timer: StoredValue<Option<TimeoutHandle>>,
}

impl Desk {
    /// The state of a tab just opened. It lives as long as the page.
    pub fn new(tab: DevelopersTab) -> Self {
        let desk = Self {
            password_due_at: RwSignal::new(tab.password_due_at),
            now: RwSignal::new(tab.now),
            tab: RwSignal::new(tab),
            open: RwSignal::new(Open::Nothing),
            secret: RwSignal::new(Secret::Hidden),
            copied: RwSignal::new(None),
            fetching: RwSignal::new(None),
            news: RwSignal::new(None),
            error: RwSignal::new(None),
            pending: RwSignal::new(false),
            announcer: Announcer::new(),
            timer: StoredValue::new(None),
        };
        Effect::new(move || {
            browser::on_leaving(move || desk.put_away());
            // Back from the back/forward cache: the pairs may have changed, or the session may be over.
            browser::on_returning(move || desk.reload());
        });
        desk
    }

    /// Whether the password is due, by the server's clock as the page knows it.
    pub fn password_is_due(self) -> bool {
        self.now.get() >= self.password_due_at.get()
    }

    /// Shows a private key for a minute. One that arrives when the page is out of sight is dropped: nobody is looking, or
    /// somebody else is.
    pub fn show_secret(self, pair: PairId, key: RevealedKey, because: Because) {
        self.clear_timer();
        if browser::is_out_of_sight() {
            return;
        }
        self.secret.set(Secret::Shown { pair, key, because });
        let timer = set_timeout_with_handle(
            move || {
                self.hide_secret();
                self.announcer.say("The private key is hidden again.");
            },
            SHOW_FOR,
        );
        self.timer.set_value(timer.ok());
    }

    /// Takes the private key off the screen and out of memory.
    pub fn hide_secret(self) {
        self.clear_timer();
        self.secret.set(Secret::Hidden);
    }

    /// The page is put away (another tab, another page, the back/forward cache): nothing secret stays.
    fn put_away(self) {
        self.hide_secret();
    }

    fn clear_timer(self) {
        if let Some(Some(timer)) = self.timer.try_update_value(Option::take) {
            timer.clear();
        }
    }

    /// Opens a dialog, with nothing left over from the last one.
    pub fn show(self, open: Open) {
        self.error.set(None);
        self.pending.set(false);
        self.news.set(None);
        self.open.set(open);
    }

    /// Closes whatever is open. What a roll showed goes with it.
    pub fn dismiss(self) {
        if matches!(self.open.get_untracked(), Open::Rolled { .. }) {
            self.hide_secret();
        }
        self.open.set(Open::Nothing);
        self.error.set(None);
    }

    /// Fetches the tab again. The page keeps what it shows until the answer is there.
    pub fn reload(self) {
        browser::later(async move {
            match load_developers_tab().await {
                Ok(tab) => self.arrived(tab),
                Err(error) => self.refused(error),
            }
        });
    }

    /// Shows what the server says now. A roll whose answer was lost, or that somebody else made, leaves nothing to ask in
    /// its dialog: the page says who rolled, and when.
    fn arrived(self, tab: DevelopersTab) {
        // Another tab of this browser has gone to another account: its keys do not belong below this one's name.
        if self.tab.with_untracked(|shown| shown.account != tab.account) {
            return browser::go_to(paths::DEVELOPERS);
        }
        let rolled_meanwhile = self.open.with_untracked(|open| match open {
            Open::Roll(asked) => tab.pair(&asked.id).is_none_or(|pair| pair.state != KeyPairState::Active),
            Open::Nothing | Open::Rolled { .. } | Open::Expire(_) | Open::Password(_) => false,
        });
        self.password_due_at.set(tab.password_due_at);
        self.tab.set(tab);
        if rolled_meanwhile {
            self.dismiss();
        }
        browser::keep_focus();
    }

    /// The password was given: it is not due for a while.
    pub fn password_given(self) {
        if untrack(|| self.password_is_due()) {
            self.password_due_at.set(self.now.get_untracked().plus(domain::Duration::minutes(5)));
        }
    }

    /// Shows in the open dialog why something was refused; what the page itself has to show closes the dialog.
    pub fn refused(self, error: AppError) {
        match error {
            AppError::Refused(Refusal::SignedOut) => browser::go_to(paths::SIGN_IN),
            // The server leads on from there.
            AppError::Refused(Refusal::NoAccount) => browser::go_to(paths::DEVELOPERS),
            AppError::Refused(Refusal::PairAlreadyRolled | Refusal::PairEnded | Refusal::NotFound) => {
                self.dismiss();
                self.news.set(Some(News { tone: Tone::Danger, words: error.sentence() }));
                self.reload();
            }
            AppError::Refused(Refusal::StepUpDue) => {
                self.password_due_at.set(self.now.get_untracked());
                self.error.set(Some(error));
            }
            error if self.open.get_untracked() == Open::Nothing => {
                self.news.set(Some(News { tone: Tone::Danger, words: error.sentence() }));
            }
            error => self.error.set(Some(error)),
        }
    }

    /// The roll happened.
    pub fn rolled(self, rolled: RolledPair) {
        let RolledPair { new, old, private_key } = rolled;
        self.password_given();
        match private_key {
            Some(key) => {
                self.show_secret(new.id.clone(), key, Because::Asked);
                self.show(Open::Rolled { new, old });
            }
            // A retry: the roll is there already, and the page says so with the offer to reveal.
            None => self.dismiss(),
        }
        self.announcer.say("The keys were rolled.");
        self.reload();
    }

    /// Begins to reveal or to copy a private key.
    pub fn fetch(self, purpose: Purpose) {
        reveal::begin(self, purpose, None);
    }
}

/// The tab's state.
pub fn use_desk() -> Desk {
    expect_context::<Desk>()
}
