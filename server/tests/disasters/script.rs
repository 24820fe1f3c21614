//! At which step the process is to stop, and how it says so to the test that started it.

use server::output;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

/// What stands before everything said to the test, in case anything else writes to the same stream.
pub const SIGN: &str = "@@ ";

/// What to do when a step is reached. Steps are counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plan {
    /// Names every step.
    Tell,
    /// Names this step, and stops there for ever.
    StopAt(usize),
    /// Names this step, and goes on.
    PassAt(usize),
}

impl std::fmt::Display for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tell => write!(f, "tell"),
            Self::StopAt(step) => write!(f, "stop {step}"),
            Self::PassAt(step) => write!(f, "pass {step}"),
        }
    }
}

impl FromStr for Plan {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (word, step) = text.split_once(' ').unwrap_or((text, "0"));
        let step = step.parse().map_err(|_| ())?;
        match word {
            "tell" => Ok(Self::Tell),
            "stop" => Ok(Self::StopAt(step)),
            "pass" => Ok(Self::PassAt(step)),
            _ => Err(()),
        }
    }
}

/// The plan, and how many steps have been taken since it was made. Without one nothing is counted.
#[derive(Debug, Default)]
pub struct Script(Mutex<Option<(Plan, usize)>>);

impl Script {
    pub fn arm(&self, plan: Plan) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((plan, 0));
        tell("armed");
    }

    pub fn is_armed(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// The process is about to do this.
    pub fn step(&self, name: &str) {
        let mut armed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((plan, taken)) = armed.as_mut() else {
            return;
        };
        let this = std::mem::replace(taken, *taken + 1);
        let plan = *plan;
        drop(armed);
        if matches!(plan, Plan::Tell) || plan == Plan::StopAt(this) || plan == Plan::PassAt(this) {
            tell(name);
        }
        while plan == Plan::StopAt(this) {
            std::thread::park();
        }
    }
}

pub fn tell(what: &str) {
    output::line(format_args!("{SIGN}{what}")).unwrap();
}
