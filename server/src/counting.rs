//! Writes down who uses pairs, for as long as the process serves.

use crate::opening;
use backend::Backend;
use backend::usage::FLUSH_EVERY;
use std::time::Duration;
use tokio::time::MissedTickBehavior;

/// Writes what was counted about once a second, and forgets what is old. Ends only by being aborted; what is on its way then
/// is written once more by [`write_the_last`].
///
/// While it fails nothing is lost until there is more than is kept in mind. That is said once in the log, and once when it
/// is over.
pub async fn write_for_ever(backend: Backend) {
    let mut ticks = tokio::time::interval(FLUSH_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut failing = false;
    loop {
        ticks.tick().await;
        match backend.flush_usage().await {
            Ok(flushed) => {
                if failing {
                    failing = false;
                    tracing::info!("uses of keys are written down again");
                }
                if flushed.left_out > 0 {
                    let uses = flushed.left_out;
                    tracing::warn!(uses, "uses of keys were not counted: more keys at once than are kept in mind");
                }
            }
            Err(error) if !failing => {
                failing = true;
                tracing::error!(
                    error = opening::chain(&error),
                    "uses of keys are counted and cannot be written down; they are kept in mind for now"
                );
            }
            Err(_) => {}
        }
    }
}

/// Forgets uses that are older than they are kept. Ends only by being aborted.
pub async fn forget_for_ever(backend: Backend) {
    const EVERY: Duration = Duration::from_mins(10);
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = backend.forget_old_usage().await {
            // The next time does what this one could not.
            tracing::error!(error = opening::chain(&error), "old uses of keys could not be forgotten");
        }
    }
}

/// Writes what was counted last.
pub async fn write_the_last(backend: &Backend) {
    if let Err(error) = backend.flush_usage().await {
        tracing::warn!(error = opening::chain(&error), "the last uses of keys could not be written down");
    }
}
