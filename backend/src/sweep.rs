//! What has to happen without anybody asking.

use crate::sessions::{ABSOLUTE, IDLE};
use crate::store::PurgeLimits;
use crate::throttle::WINDOW;
use crate::verification::CHANGES_KEPT;
use crate::{Backend, Result};
use domain::Duration;

/// How often the sweep runs. Rule 7 of the contract asks for ended ciphertext to be gone within an hour.
pub const EVERY: Duration = Duration::minutes(1);

const PAIRS_AT_A_TIME: u32 = 500;
const DEVICE_LIFE: Duration = Duration::days(180);
/// How long a dry run waits to be confirmed.
const DRAFT_LIFE: Duration = Duration::hours(24);

impl Backend {
    /// Writes down the scheduled ends that have passed, destroys the ciphertext of ended pairs (their digests stay, so
    /// that "expired" and "unknown" remain different answers) and forgets what no rule asks for any more.
    ///
    /// Answers how many ciphertexts were destroyed.
    pub async fn sweep(&self) -> Result<u64> {
        let mut tx = self.store.begin_write().await?;
        let now = self.clock.now();
        for pair in tx.list_pairs_to_settle(now, PAIRS_AT_A_TIME).await? {
            self.settle_pair(tx.as_mut(), &pair, now).await?;
        }
        let destroyed = tx.destroy_ended_keys().await?;
        tx.purge(PurgeLimits {
            now,
            sessions_used_before: now.minus(IDLE),
            sessions_opened_before: now.minus(ABSOLUTE),
            attempts_before: now.minus(WINDOW),
            devices_before: now.minus(DEVICE_LIFE),
            drafts_before: now.minus(DRAFT_LIFE),
        })
        .await?;
        tx.forget_upload_tokens(now).await?;
        tx.forget_key_changes(CHANGES_KEPT).await?;
        tx.commit().await?;
        Ok(destroyed)
    }
}
