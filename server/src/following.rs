//! Keeps what this process knows by heart about keys up to date, for as long as it serves.

use crate::opening;
use backend::Backend;
use backend::verification::FOLLOW_EVERY;
use std::time::Instant;
use tokio::time::MissedTickBehavior;

/// Joins the instances, and follows what others change. Ends only by being aborted.
///
/// While it fails, requests are answered from the database: slower, and not wrong. That is said once in the log, and once
/// when it is over.
pub async fn follow_for_ever(backend: Backend) {
    backend.join_instances().await;
    let mut ticks = tokio::time::interval(FOLLOW_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let began = Instant::now();
    let (mut failing, mut ready) = (false, false);
    loop {
        ticks.tick().await;
        match backend.follow().await {
            Ok(()) if !ready || failing => {
                (failing, ready) = (false, true);
                let (keys, milliseconds) = (backend.indexed_keys().unwrap_or(0), began.elapsed().as_millis());
                tracing::info!(keys, milliseconds, "keys are checked from memory");
            }
            Err(error) if !failing => {
                failing = true;
                tracing::error!(
                    error = opening::chain(&error),
                    "what others change cannot be followed; every key is looked up in the database until it can"
                );
            }
            Ok(()) | Err(_) => {}
        }
    }
}
