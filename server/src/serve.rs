//! `latchkey serve`: the process.

use crate::accept::{self, Limits};
use crate::config::Settings;
use crate::counting;
use crate::following::follow_for_ever;
use crate::metrics;
use crate::notify::Notifier;
use crate::opening::{self, Installation, OpeningError};
use crate::output;
use crate::router::{self, Serving};
use crate::routes;
use backend::files::FilesSwept;
use backend::{Backend, SignUp, sweep};
use domain::Timestamp;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;

/// How long transactions whose requests were cut off may still take. One that does not end is undone when the database is
/// opened again.
const LAST_WRITES: Duration = Duration::from_secs(5);

/// Why the process does not serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The installation cannot be opened.
    #[error(transparent)]
    Opening(#[from] OpeningError),
    /// The address cannot be listened at.
    #[error("cannot listen at {addr}. Another process may be there; {setting} chooses another address")]
    Listen {
        /// The address.
        addr: SocketAddr,
        /// The setting it comes from.
        setting: &'static str,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// A backup was put in the place of the database, and nobody has said yet that it may be used.
    #[error(
        "this database is a backup taken at {}. What was revoked or rolled since then works again in it. End what has to \
         stay dead, then run: latchkey restore --accept",
        .taken_at.to_rfc3339()
    )]
    Backup {
        /// When it was taken, to the minute.
        taken_at: Timestamp,
    },
    /// The table of routes and the app are not of one mind.
    #[error(transparent)]
    Routes(#[from] routes::Mismatch),
    /// The operating system's signals cannot be received, or stdout is closed.
    #[error("cannot start")]
    Start(#[from] io::Error),
}

/// Serves until the process is asked to stop.
pub async fn run(settings: &Settings, notifier: Notifier) -> Result<(), ServeError> {
    routes::check()?;
    let installation = Installation::open(settings).await?;
    if let Some(taken_at) = installation.backup_taken_at().await.map_err(OpeningError::from)? {
        return Err(ServeError::Backup { taken_at });
    }
    let installation = installation.with_files(settings)?;
    let listener = listen(settings.addr, "LATCHKEY_ADDR")?;
    let addr = listener.local_addr()?;
    let metrics = settings.metrics_addr.map(|addr| listen(addr, "LATCHKEY_METRICS_ADDR")).transpose()?;
    let metrics_addr = metrics.as_ref().map(TcpListener::local_addr).transpose()?;
    let serving = Serving::new(installation.backend.clone(), settings, addr);
    let router = router::build(serving.clone());
    let asked = stop_signals(notifier.clone())?;
    let following = tokio::spawn(follow_for_ever(installation.backend.clone()));
    let sweeping = tokio::spawn(sweep_for_ever(installation.backend.clone()));
    let sweeping_files = tokio::spawn(sweep_files_for_ever(installation.backend.clone()));
    let counting = tokio::spawn(counting::write_for_ever(installation.backend.clone()));
    let forgetting = tokio::spawn(counting::forget_for_ever(installation.backend.clone()));
    let rolling = tokio::spawn(go_on_rolling(installation.backend.clone()));
    warn_if_exposed(&serving);
    let watched = metrics.map(|listener| tokio::spawn(metrics::serve(listener, serving.clone())));
    greet(settings, &serving, addr, metrics_addr)?;
    notifier.ready();

    let most = Limits::default();
    let connections = accept::raise_descriptor_limit(most.connections);
    let limits = Limits { connections, notice: settings.stop_notice, ..most };
    let (stopping, open) = (serving.health.stopping().clone(), serving.metrics.connections().clone());
    accept::serve(listener, router, limits, stopping, open, asked).await;

    sweeping.abort();
    sweeping_files.abort();
    forgetting.abort();
    // In the middle of a batch or not: it is added once.
    counting.abort();
    // Between two transactions or in the middle of one, which is undone: the next start goes on.
    rolling.abort();
    following.abort();
    if let Err(error) = installation.backend.leave_instances().await {
        // Whoever changes a key next waits for this process for as long as a lease lasts.
        tracing::warn!(error = opening::chain(&error), "could not say that this process is over");
    }
    let last_writes = async {
        counting::write_the_last(&installation.backend).await;
        installation.close().await;
    };
    if tokio::time::timeout(LAST_WRITES, last_writes).await.is_err() {
        tracing::warn!("the database was still in use");
    }
    // To the end: what took so long is to be seen.
    if let Some(watched) = watched {
        watched.abort();
    }
    tracing::info!("stopped");
    Ok(())
}

fn listen(addr: SocketAddr, setting: &'static str) -> Result<TcpListener, ServeError> {
    accept::listen(addr).map_err(|source| ServeError::Listen { addr, setting, source })
}

/// One line that programs wait for, and then what a person does next.
fn greet(settings: &Settings, serving: &Serving, addr: SocketAddr, metrics: Option<SocketAddr>) -> io::Result<()> {
    output::line(format_args!("Latchkey is ready on http://{addr}"))?;
    if let Some(metrics) = metrics {
        output::line(format_args!("Metrics are at http://{metrics}{}", metrics::PATH))?;
    }
    let url = &serving.site.public_url;
    output::line(match settings.policy.sign_up {
        SignUp::Open => format!("Open {url}{} to make an account.", app::paths::SIGN_UP),
        SignUp::Invite => {
            format!("Open {url}. Sign-up is by invitation; make one with `latchkey invitation create`.")
        }
        SignUp::Closed => {
            format!("Open {url}. Sign-up is closed; make accounts with `latchkey account create --email ADDRESS`.")
        }
    })
}

fn warn_if_exposed(serving: &Serving) {
    if serving.site.insecure {
        tracing::warn!(
            url = serving.site.public_url,
            "the dashboard is reached over plain HTTP: passwords and keys can be read on their way. Put TLS in front, \
             and set LATCHKEY_PUBLIC_URL to the https address"
        );
    }
}

async fn sweep_for_ever(backend: Backend) {
    let mut ticks = tokio::time::interval(Duration::from_millis(sweep::EVERY.as_millis().unsigned_abs()));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match backend.sweep().await {
            Ok(0) => {}
            Ok(destroyed) => tracing::info!(destroyed, "the sealed keys of ended pairs were destroyed"),
            // The next sweep does what this one could not.
            Err(error) => tracing::error!(error = opening::chain(&error), "the sweep failed"),
        }
    }
}

/// Makes rows and bytes of files agree: at once, which is after a crash, and then now and then.
async fn sweep_files_for_ever(backend: Backend) {
    const EVERY: Duration = Duration::from_hours(1);
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match backend.sweep_files().await {
            Ok(swept) => {
                let FilesSwept { put_in_place, removed, of_unknown_accounts } = swept;
                if put_in_place + removed > 0 {
                    tracing::info!(put_in_place, removed, "what a crash left of uploads was put right");
                }
                if of_unknown_accounts > 0 {
                    tracing::warn!(
                        files = of_unknown_accounts,
                        "there are files of accounts that this database does not know; they are left alone. Do database and files belong together?"
                    );
                }
            }
            Err(error) => tracing::error!(error = opening::chain(&error), "the sweep of files failed"),
        }
    }
}

/// Goes on with bulk rolls: those that were interrupted, those that are begun here, and now and then what a command began
/// and left behind.
async fn go_on_rolling(backend: Backend) {
    const LOOK: Duration = Duration::from_mins(1);
    loop {
        match backend.continue_bulk_rolls().await {
            Ok(0) => {}
            Ok(accounts) => tracing::info!(accounts, "bulk rolls went on"),
            Err(error) => {
                tracing::error!(error = opening::chain(&error), "a bulk roll cannot go on");
            }
        }
        // Which of the two it was does not matter.
        let _ = tokio::time::timeout(LOOK, backend.bulk_roll_begun()).await;
    }
}

/// One message each time the process is asked to stop. After the first, a signal no longer ends the process by itself.
#[cfg(unix)]
fn stop_signals(notifier: Notifier) -> io::Result<mpsc::Receiver<()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let (ask, asked) = mpsc::channel(1);
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            notifier.stopping();
            if ask.send(()).await.is_err() {
                return;
            }
        }
    });
    Ok(asked)
}

/// One message each time the process is asked to stop.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same signature as elsewhere")]
fn stop_signals(notifier: Notifier) -> io::Result<mpsc::Receiver<()>> {
    let (ask, asked) = mpsc::channel(1);
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() && ask.send(()).await.is_ok() {
            notifier.stopping();
        }
    });
    Ok(asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_unit(name: &str) -> u64 {
        let unit = include_str!("../../packaging/latchkey.service");
        let value = unit.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('=')).expect(name);
        value.parse().expect("a plain number")
    }

    /// Killed by its service manager, it would cut off requests that it promises to finish.
    #[test]
    fn the_unit_gives_the_process_the_time_and_the_files_it_needs() {
        let settings = Settings::load(&crate::config::SettingFlags::default(), &crate::config::Environment::of(&[]));
        let notice = settings.expect("defaults").stop_notice;
        let longest = notice + Limits::default().stop + LAST_WRITES + Duration::from_secs(2);
        assert!(of_unit("TimeoutStopSec") > longest.as_secs(), "{longest:?}");
        assert!(of_unit("LimitNOFILE") >= Limits::default().connections as u64 + 128);
    }
}
