//! What the product promises about the life of a pair, in the fewest facts: for each pair when it ends, whether somebody
//! was told that it has ended, and whether its sealed key is still there.
//!
//! Nothing here calls the rules under test: the numbers are written out again, and ends are compared once more.

use super::steps::{Act, Clock, End, Look, Named, Pair, Press, Step, Who};
use crate::world::NOW;
use domain::Refusal;
use domain::audit::Act as Recorded;

/// An hour, in milliseconds.
pub const HOUR: i64 = 3_600_000;
/// A day.
pub const DAY: i64 = 24 * HOUR;
/// How far ahead the default policy lets an old pair end.
pub const LONGEST_OVERLAP: i64 = 30 * DAY;
/// How many pairs of an account work at a time.
pub const MOST_WORKING: usize = 5;

/// All there is to know.
#[derive(Debug, Clone)]
pub struct Installation {
    /// The clock, in Unix milliseconds.
    pub now: i64,
    /// The accounts, oldest first.
    pub accounts: Vec<Account>,
    /// What the last step's act is answered.
    pub answer: Answer,
    /// The clock when the last step's act happened.
    pub acted_at: i64,
    /// The clock when the first of those who look afterwards does so.
    pub first_at: i64,
    /// The audit records of the last step, looking included, in no order.
    pub records: Vec<Record>,
}

/// An account.
#[derive(Debug, Clone, Default)]
pub struct Account {
    /// Its pairs, oldest first.
    pub pairs: Vec<PairFacts>,
    /// The rolls that happened, oldest first. The press of a refused roll is none of them: it may be made again.
    pub presses: Vec<Rolled>,
    /// Whether it is disabled.
    pub disabled: bool,
}

/// What is known of a pair.
#[derive(Debug, Clone, Default)]
pub struct PairFacts {
    /// When it ends, if that is scheduled.
    pub end: Option<i64>,
    /// When it was ended at once.
    pub revoked: Option<i64>,
    /// Somebody was told that its scheduled end has passed.
    pub told: bool,
    /// Its sealed key is destroyed.
    pub destroyed: bool,
}

/// A roll that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rolled {
    /// Which pair of the account was replaced.
    pub old: usize,
    /// By which.
    pub new: usize,
}

/// What an act is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It happened.
    Done,
    /// A new pair took over.
    Rolled(Rolled),
    /// This press had rolled before.
    RolledBefore(Rolled),
    /// So many sealed keys were destroyed.
    Destroyed(u64),
    /// No.
    Refused(Refusal),
}

/// What an audit record says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Record {
    /// What was done.
    pub act: &'static str,
    /// In which account.
    pub account: usize,
    /// To which pairs.
    pub pairs: Vec<Pair>,
    /// By what kind of somebody.
    pub actor: &'static str,
    /// When.
    pub at: i64,
    /// The end it tells: the old pair's, of a roll, or the one that was seen to pass.
    pub ends: Option<i64>,
    /// The code of a refusal.
    pub refusal: Option<&'static str>,
}

impl PairFacts {
    /// Whether a request made with it succeeds.
    pub fn works(&self, now: i64) -> bool {
        self.revoked.is_none() && !self.told && self.end.is_none_or(|end| now < end)
    }

    fn is_ended_by_fact(&self) -> bool {
        self.revoked.is_some() || self.told
    }

    fn is_active(&self) -> bool {
        self.revoked.is_none() && self.end.is_none()
    }
}

impl Installation {
    /// One with one account, and its first pair.
    pub fn with_one_account() -> Self {
        let first = Account { pairs: vec![PairFacts::default()], ..Account::default() };
        let now = NOW.as_millis();
        Self { now, accounts: vec![first], answer: Answer::Done, acted_at: now, first_at: now, records: Vec::new() }
    }

    /// Every pair with its name.
    pub fn pairs(&self) -> impl Iterator<Item = (Pair, &PairFacts)> {
        let of = |(account, it): (usize, &Account)| (0..it.pairs.len()).map(move |pair| Pair(account, pair));
        let names: Vec<Pair> = self.accounts.iter().enumerate().flat_map(of).collect();
        names.into_iter().map(|name| (name, &self.accounts[name.0].pairs[name.1]))
    }

    /// What is so after the step.
    #[must_use]
    pub fn after(mut self, step: &Step) -> Self {
        let before = self.now;
        self.records.clear();
        self.now = match step.clock {
            Clock::Stays => self.now,
            Clock::Forward(millis) => self.now + millis,
            Clock::Back(millis) => self.now - millis,
            Clock::ToEnd(pair, millis) => self.pair(pair).end.unwrap_or(self.now) + millis,
        };
        self.acted_at = self.now;
        self.answer = self.act(&step.act);
        let after = if step.returns { before } else { self.now };
        self.first_at = if step.looks_before_returning(before, self.now) { self.now } else { after };
        self.look(step.first, after);
        self
    }

    fn act(&mut self, act: &Act) -> Answer {
        match act {
            Act::Nothing | Act::Restart => Answer::Done,
            Act::Create => {
                self.accounts.push(Account { pairs: vec![PairFacts::default()], ..Account::default() });
                let account = self.accounts.len() - 1;
                self.record(Recorded::AccountCreate, account, vec![Pair(account, 0)], "operator", None);
                Answer::Done
            }
            Act::Roll { account, pair, end, press, who } => self.roll(*account, *pair, *end, *press, *who),
            Act::Revoke(pair, who) => self.revoke(*pair, *who),
            Act::Reveal(pair, who) => self.reveal(*pair, *who),
            Act::List(account, _) => {
                self.tell(*account);
                Answer::Done
            }
            Act::Use(pair) => {
                self.use_key(*pair);
                Answer::Done
            }
            Act::Sweep => self.sweep(),
            Act::Disable(account) => {
                self.accounts[*account].disabled = true;
                Answer::Done
            }
            Act::Enable(account) => {
                self.accounts[*account].disabled = false;
                Answer::Done
            }
        }
    }

    /// Whoever looks is told of every end that has passed, and each is recorded once.
    fn look(&mut self, first: Look, after: i64) {
        for (clock, revealing) in [(self.first_at, first == Look::Reveals), (after, first != Look::Reveals)] {
            self.now = clock;
            for account in 0..self.accounts.len() {
                self.tell(account);
            }
            if revealing {
                self.reveal_everything();
            }
        }
    }

    fn reveal_everything(&mut self) {
        let names: Vec<Pair> = self.pairs().map(|(name, _)| name).collect();
        for name in names {
            self.reveal(name, Who::Owner);
        }
    }

    fn roll(&mut self, account: usize, named: Named, end: End, press: Press, who: Who) -> Answer {
        let target = match named {
            Named::Active => None,
            Named::Own(pair) => Some(Pair(account, pair)),
            Named::Foreign(pair) => Some(pair),
        };
        let answer = self.decide_roll(account, target, end, press);
        let (act, pairs) = match answer {
            Answer::Rolled(Rolled { old, new }) => (Recorded::KeyRoll, vec![Pair(account, old), Pair(account, new)]),
            Answer::Refused(_) => (Recorded::KeyRollRefused, target.into_iter().collect()),
            // Nothing happened, so there is nothing to record.
            _ => return answer,
        };
        self.record(act, account, pairs, who.kind(), answer.refusal());
        answer
    }

    fn decide_roll(&mut self, account: usize, target: Option<Pair>, end: End, press: Press) -> Answer {
        self.tell(account);
        let now = self.now;
        let it = &mut self.accounts[account];
        if let Press::Again(press) = press {
            let earlier = it.presses[press];
            let same = target.is_none_or(|target| target == Pair(account, earlier.old));
            return if same { Answer::RolledBefore(earlier) } else { Answer::Refused(Refusal::InvalidInput) };
        }
        let newest = it.pairs.len() - 1;
        let old = match target {
            None => newest,
            Some(Pair(of, pair)) if of == account => pair,
            Some(_) => return Answer::Refused(Refusal::NotFound),
        };
        if old != newest {
            return Answer::Refused(Refusal::PairAlreadyRolled);
        }
        let ahead = match end {
            End::Immediately => {
                it.pairs[old].revoked = Some(now);
                return it.replace(old);
            }
            End::In1Hour => HOUR,
            End::In24Hours => 24 * HOUR,
            End::In3Days => 72 * HOUR,
            End::In7Days => 168 * HOUR,
            End::Ahead(millis) => millis,
        };
        if ahead <= 0 {
            return Answer::Refused(Refusal::ExpiryPast);
        }
        if ahead > LONGEST_OVERLAP {
            return Answer::Refused(Refusal::ExpiryTooFar);
        }
        if it.pairs.iter().filter(|pair| pair.works(now)).count() == MOST_WORKING {
            return Answer::Refused(Refusal::TooManyWorkingPairs);
        }
        it.pairs[old].end = Some(now + ahead);
        it.replace(old)
    }

    fn revoke(&mut self, name: Pair, who: Who) -> Answer {
        self.tell(name.0);
        let now = self.now;
        let pair = &mut self.accounts[name.0].pairs[name.1];
        let answer = if pair.is_active() {
            Answer::Refused(Refusal::PairIsActive)
        } else if pair.works(now) {
            pair.revoked = Some(now);
            Answer::Done
        } else {
            Answer::Refused(Refusal::PairEnded)
        };
        let act = if answer == Answer::Done { Recorded::KeyRevoke } else { Recorded::KeyRevokeRefused };
        self.record(act, name.0, vec![name], who.kind(), answer.refusal());
        answer
    }

    fn reveal(&mut self, name: Pair, who: Who) -> Answer {
        self.tell(name.0);
        let works = self.pair(name).works(self.now);
        let answer = if works { Answer::Done } else { Answer::Refused(Refusal::PairEnded) };
        let act = if works { Recorded::KeyReveal } else { Recorded::KeyRevealRefused };
        self.record(act, name.0, vec![name], who.kind(), answer.refusal());
        answer
    }

    /// Only the holder of an ended key is told anything, and then everything of the account is written down.
    fn use_key(&mut self, name: Pair) {
        if !self.pair(name).works(self.now) && !self.pair(name).is_ended_by_fact() {
            self.tell(name.0);
        }
    }

    fn sweep(&mut self) -> Answer {
        let mut destroyed = 0;
        for account in 0..self.accounts.len() {
            self.tell(account);
            for pair in self.accounts[account].pairs.iter_mut().filter(|pair| pair.is_ended_by_fact()) {
                destroyed += u64::from(!pair.destroyed);
                pair.destroyed = true;
            }
        }
        Answer::Destroyed(destroyed)
    }

    /// Ends that have passed are about to be told, so they are facts from now on.
    fn tell(&mut self, account: usize) {
        for index in 0..self.accounts[account].pairs.len() {
            let pair = &mut self.accounts[account].pairs[index];
            if pair.revoked.is_none() && !pair.told && pair.end.is_some_and(|end| end <= self.now) {
                pair.told = true;
                self.record(Recorded::KeyExpire, account, vec![Pair(account, index)], "system", None);
            }
        }
    }

    fn pair(&self, name: Pair) -> &PairFacts {
        &self.accounts[name.0].pairs[name.1]
    }

    fn record(
        &mut self,
        act: Recorded,
        account: usize,
        pairs: Vec<Pair>,
        actor: &'static str,
        refusal: Option<Refusal>,
    ) {
        let refusal = refusal.map(Refusal::code);
        let first = pairs.first().map(|pair| self.pair(*pair));
        let tells_end = act == Recorded::KeyRoll || act == Recorded::KeyExpire;
        let ends = first.filter(|_| tells_end).and_then(|pair| pair.end);
        self.records.push(Record { act: act.as_str(), account, pairs, actor, at: self.now, ends, refusal });
    }
}

impl Account {
    /// A new pair takes the place of one that has just been given its end.
    fn replace(&mut self, old: usize) -> Answer {
        self.pairs.push(PairFacts::default());
        let rolled = Rolled { old, new: self.pairs.len() - 1 };
        self.presses.push(rolled);
        Answer::Rolled(rolled)
    }
}

impl Answer {
    fn refusal(self) -> Option<Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            Self::Done | Self::Rolled(_) | Self::RolledBefore(_) | Self::Destroyed(_) => None,
        }
    }
}

impl Who {
    /// The word in an audit record.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Owner => "person",
            Self::Operator => "operator",
        }
    }
}

impl Look {
    /// Everybody looks; this one first.
    pub const fn order(self) -> [Self; 3] {
        match self {
            Self::Lists => [Self::Lists, Self::Keys, Self::Reveals],
            Self::Keys => [Self::Keys, Self::Reveals, Self::Lists],
            Self::Reveals => [Self::Reveals, Self::Lists, Self::Keys],
        }
    }
}
