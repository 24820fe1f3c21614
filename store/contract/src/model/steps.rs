//! What can happen in a sequence, and how sequences are made up.

use super::reference::{DAY, HOUR, Installation, LONGEST_OVERLAP};
use proptest::prelude::*;
use proptest::sample::select;

/// One step: the clock moves, something happens, and then everybody looks.
///
/// Moving the clock belongs to the step because nobody looks in between: what happens meets ends that have passed and
/// that nobody has seen yet.
#[derive(Debug, Clone)]
pub struct Step {
    /// How the clock moves first.
    pub clock: Clock,
    /// What happens then.
    pub act: Act,
    /// Whether the clock goes back to where it was before the step. If it had been put forward, one has looked by then.
    pub returns: bool,
    /// Who looks first, and so is the first to be told of an end.
    pub first: Look,
}

impl Step {
    /// Whether somebody looks at the end of the step before the clock steps back.
    pub const fn looks_before_returning(&self, before: i64, acted_at: i64) -> bool {
        self.returns && before < acted_at
    }
}

/// How the clock moves.
#[derive(Debug, Clone, Copy)]
pub enum Clock {
    /// Not at all.
    Stays,
    /// On, by milliseconds.
    Forward(i64),
    /// Back, by milliseconds.
    Back(i64),
    /// To the scheduled end of a pair, and so many milliseconds on.
    ToEnd(Pair, i64),
}

/// A pair: of which account, counted from the account's first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pair(pub usize, pub usize);

/// Who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// A person, in the account's developers tab.
    Owner,
    /// Somebody at the command line.
    Operator,
}

/// Who looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// People list the pairs.
    Lists,
    /// Programs use every key there ever was.
    Keys,
    /// People reveal the keys.
    Reveals,
}

/// The pair that a roll names.
#[derive(Debug, Clone, Copy)]
pub enum Named {
    /// None: whichever is active.
    Active,
    /// This one of the account's own.
    Own(usize),
    /// One of another account.
    Foreign(Pair),
}

/// The end that a roll gives to the old pair. Instants are told from the instant of the roll.
#[derive(Debug, Clone, Copy)]
pub enum End {
    /// Revoked.
    Immediately,
    /// One of the other presets.
    In1Hour,
    /// See [`End::In1Hour`].
    In24Hours,
    /// See [`End::In1Hour`].
    In3Days,
    /// See [`End::In1Hour`].
    In7Days,
    /// An exact instant, so many milliseconds ahead.
    Ahead(i64),
}

/// Which press of the button a roll belongs to.
#[derive(Debug, Clone, Copy)]
pub enum Press {
    /// A new one.
    Fresh,
    /// This one of the account's earlier ones, sent again.
    Again(usize),
}

/// What happens.
#[derive(Debug, Clone)]
pub enum Act {
    /// Nothing.
    Nothing,
    /// An operator makes another account.
    Create,
    /// Somebody rolls an account's pair.
    Roll {
        /// Which account.
        account: usize,
        /// Which pair is to be replaced.
        pair: Named,
        /// When it is to end.
        end: End,
        /// By which press.
        press: Press,
        /// By whom.
        who: Who,
    },
    /// Somebody ends a pair at once.
    Revoke(Pair, Who),
    /// Somebody reveals a pair.
    Reveal(Pair, Who),
    /// Somebody lists an account's pairs.
    List(usize, Who),
    /// A program uses a key.
    Use(Pair),
    /// The background task runs.
    Sweep,
    /// An account is disabled.
    Disable(usize),
    /// An account is enabled again.
    Enable(usize),
    /// The process ends and starts again on the same database.
    Restart,
}

/// The steps that can be taken from here.
pub fn any(state: &Installation) -> BoxedStrategy<Step> {
    let first = select(vec![Look::Lists, Look::Keys, Look::Reveals]);
    let returns = prop::bool::weighted(0.3);
    (clock(state), act(state), returns, first)
        .prop_map(|(clock, act, returns, first)| Step { clock, act, returns, first })
        .boxed()
}

/// Whether a step that was made up for one state can be taken in another: sequences lose steps when they shrink.
pub fn is_possible(state: &Installation, step: &Step) -> bool {
    let pair = |&Pair(account, pair): &Pair| state.accounts.get(account).is_some_and(|it| pair < it.pairs.len());
    let account = |account: usize| account < state.accounts.len();
    let clock = match step.clock {
        Clock::Stays | Clock::Forward(_) | Clock::Back(_) => true,
        Clock::ToEnd(Pair(account, pair), _) => {
            state.accounts.get(account).and_then(|account| account.pairs.get(pair)).is_some_and(|it| it.end.is_some())
        }
    };
    clock
        && match &step.act {
            Act::Nothing | Act::Create | Act::Sweep | Act::Restart => true,
            Act::Roll { account: of, pair: named, press, .. } => {
                account(*of)
                    && match named {
                        Named::Active => true,
                        Named::Own(index) => pair(&Pair(*of, *index)),
                        Named::Foreign(foreign) => pair(foreign) && foreign.0 != *of,
                    }
                    && match press {
                        Press::Fresh => true,
                        Press::Again(index) => *index < state.accounts[*of].presses.len(),
                    }
            }
            Act::Revoke(it, _) | Act::Reveal(it, _) | Act::Use(it) => pair(it),
            Act::List(it, _) | Act::Disable(it) | Act::Enable(it) => account(*it),
        }
}

fn clock(state: &Installation) -> BoxedStrategy<Clock> {
    let ends: Vec<Pair> = state.pairs().filter(|(_, pair)| pair.end.is_some()).map(|(name, _)| name).collect();
    let moves = prop_oneof![
        8 => Just(Clock::Stays),
        4 => (1..8 * DAY).prop_map(Clock::Forward),
        2 => (1..2 * HOUR).prop_map(Clock::Forward),
        3 => (1..8 * DAY).prop_map(Clock::Back),
    ];
    if ends.is_empty() {
        return moves.boxed();
    }
    let to_end = (select(ends), select(vec![0, -1, 1])).prop_map(|(pair, millis)| Clock::ToEnd(pair, millis));
    prop_oneof![3 => moves, 1 => to_end].boxed()
}

fn act(state: &Installation) -> BoxedStrategy<Act> {
    let who = || select(vec![Who::Owner, Who::Operator]);
    let account = || 0..state.accounts.len();
    let pair = || select(state.pairs().map(|(name, _)| name).collect::<Vec<_>>());
    prop_oneof![
        2 => Just(Act::Nothing),
        1 => if state.accounts.len() < 3 { Just(Act::Create).boxed() } else { Just(Act::Nothing).boxed() },
        16 => roll(state),
        4 => (pair(), who()).prop_map(|(pair, who)| Act::Revoke(pair, who)),
        2 => (pair(), who()).prop_map(|(pair, who)| Act::Reveal(pair, who)),
        1 => (account(), who()).prop_map(|(account, who)| Act::List(account, who)),
        2 => pair().prop_map(Act::Use),
        2 => Just(Act::Sweep),
        1 => account().prop_map(Act::Disable),
        1 => account().prop_map(Act::Enable),
        1 => Just(Act::Restart),
    ]
    .boxed()
}

fn roll(state: &Installation) -> BoxedStrategy<Act> {
    // Accounts that are older roll more, so that one of them gets to its fifth working pair.
    let weights: Vec<usize> = (0..state.accounts.len()).flat_map(|index| vec![index; 3 - index.min(2)]).collect();
    let names: Vec<Pair> = state.pairs().map(|(name, _)| name).collect();
    let counts: Vec<(usize, usize)> =
        state.accounts.iter().map(|account| (account.pairs.len(), account.presses.len())).collect();
    let who = select(vec![Who::Owner, Who::Operator]);
    (select(weights), who, end())
        .prop_flat_map(move |(account, who, end)| {
            let (pairs, presses) = counts[account];
            let foreign: Vec<Pair> = names.iter().copied().filter(|pair| pair.0 != account).collect();
            let newest = Just(Named::Own(pairs - 1));
            let own = prop_oneof![8 => newest, 1 => Just(Named::Active), 1 => (0..pairs).prop_map(Named::Own)];
            let pair = if foreign.is_empty() {
                own.boxed()
            } else {
                prop_oneof![12 => own, 1 => select(foreign).prop_map(Named::Foreign)].boxed()
            };
            let press = if presses == 0 {
                Just(Press::Fresh).boxed()
            } else {
                prop_oneof![6 => Just(Press::Fresh), 1 => (0..presses).prop_map(Press::Again)].boxed()
            };
            (pair, press).prop_map(move |(pair, press)| Act::Roll { account, pair, end, press, who })
        })
        .boxed()
}

fn end() -> impl Strategy<Value = End> {
    let preset = select(vec![End::In1Hour, End::Immediately, End::In24Hours, End::In3Days, End::In7Days]);
    let at_a_bound = select(vec![1, LONGEST_OVERLAP, 0, -1, LONGEST_OVERLAP + 1, -DAY, 400 * DAY]).prop_map(End::Ahead);
    let between = (1..=LONGEST_OVERLAP).prop_map(End::Ahead);
    prop_oneof![5 => preset, 3 => at_a_bound, 4 => between]
}
