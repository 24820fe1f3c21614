//! The life of key pairs, as sequences of steps that nobody thought of.
//!
//! A sequence is made up from a simple [`mod@reference`] of what the product promises, played through the public use cases
//! on a real database, and compared after every step: every answer, every list, what every key there ever was is told,
//! what can be revealed, which sealed keys remain, and the audit records to the last one. A sequence that fails is cut
//! down to the steps it needs, and printed one step a line.
//!
//! `PROPTEST_CASES` says how many sequences; `cargo xtask test --deep` plays 20,000.

pub mod reference;
pub mod steps;
pub mod under_test;

use backend::store::Store;
use proptest::prelude::*;
use proptest::strategy::BoxedStrategy;
use proptest::test_runner::{TestError, TestRunner};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest as _};
use reference::Installation;
use std::fmt::Write as _;
use std::marker::PhantomData;
use std::sync::Arc;
use steps::Step;

/// The longest sequence.
const MOST_STEPS: usize = 24;
/// How many attempts are spent on making a failing sequence shorter: a minute or so.
const SHRINKING_STEPS: u32 = 1_500;

/// A database that outlives the stores opened on it.
pub trait Database: Sized + 'static {
    /// A new, empty one.
    fn create() -> impl Future<Output = Self>;

    /// Opens it as a process does when it starts. What was opened before has been dropped, perhaps an instant ago.
    fn open(&self) -> impl Future<Output = Arc<dyn Store>>;
}

/// The life of the pairs of an installation on a `D`.
#[derive(Debug)]
pub struct Life<D>(PhantomData<D>);

impl<D: Database> ReferenceStateMachine for Life<D> {
    type State = Installation;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Installation> {
        Just(Installation::with_one_account()).boxed()
    }

    fn transitions(state: &Installation) -> BoxedStrategy<Step> {
        steps::any(state)
    }

    fn apply(state: Installation, step: &Step) -> Installation {
        state.after(step)
    }

    fn preconditions(state: &Installation, step: &Step) -> bool {
        steps::is_possible(state, step)
    }
}

/// Every sequence of steps leaves what the reference says.
pub fn pairs_live_as_promised<D: Database>() {
    // Sequences are not kept in a file: a failing one is printed, to become a test with a name.
    let config =
        ProptestConfig { failure_persistence: None, max_shrink_iters: SHRINKING_STEPS, ..ProptestConfig::default() };
    let sequences = Life::<D>::sequential_strategy(1..=MOST_STEPS);
    let played = TestRunner::new(config.clone()).run(&sequences, |(state, steps, seen)| {
        Life::<D>::test_sequential(config.clone(), state, steps, seen);
        Ok(())
    });
    match played {
        Ok(()) => {}
        Err(TestError::Abort(reason)) => panic!("no sequences could be made up: {reason}"),
        Err(TestError::Fail(reason, (_, steps, _))) => {
            let mut told = String::new();
            for (index, step) in steps.iter().enumerate() {
                let _ = writeln!(told, "{:>3}. {step:?}", index + 1);
            }
            panic!("these steps break a promise:\n{told}{reason}");
        }
    }
}

/// Plays the sequences on a [`Database`].
#[macro_export]
macro_rules! model_tests {
    ($database:ty) => {
        mod model {
            #[test]
            fn pairs_live_as_promised() {
                $crate::model::pairs_live_as_promised::<$database>();
            }
        }
    };
}
