//! Every URL of the dashboard as a typed function. Nothing else spells one.

use domain::{PairId, SessionId};

/// Where a person lands who names no page: leads to the developers tab.
pub const ROOT: &str = "/";
/// Signing in.
pub const SIGN_IN: &str = "/sign-in";
/// Making an account.
pub const SIGN_UP: &str = "/sign-up";
/// Setting a password with a one-time link. The link's secret is in the fragment, which no server and no log sees.
pub const SET_PASSWORD: &str = "/set-password";
/// Opening an invitation. The link's secret is in the fragment, as in [`SET_PASSWORD`].
pub const INVITATION: &str = "/invitation";
/// Leads to the developers tab.
pub const DASHBOARD: &str = "/dashboard";
/// The developers tab.
pub const DEVELOPERS: &str = "/dashboard/developers";
/// Rolling a pair, as a page of its own: what the dialog is without WASM.
pub const ROLL: &str = "/dashboard/developers/roll";
/// Ending an expiring pair, as a page of its own.
pub const EXPIRE: &str = "/dashboard/developers/expire";
/// The account's audit trail.
pub const ACTIVITY: &str = "/dashboard/activity";
/// The audit trail as a file for spreadsheets.
pub const ACTIVITY_CSV: &str = "/dashboard/activity.csv";
/// The audit trail as a file for programs: one JSON object on each line.
pub const ACTIVITY_JSON_LINES: &str = "/dashboard/activity.jsonl";
/// What the person signs in with, and where they are signed in.
pub const SESSIONS: &str = "/dashboard/sessions";
/// Ending sessions, as a page of its own: one that the query names, or all others.
pub const END_SESSION: &str = "/dashboard/sessions/end";
/// Where no screen is and none will be: what the page for addresses that lead nowhere is drawn at.
pub const NOWHERE: &str = "/nowhere-at-all";
/// What every server function's path begins with.
pub const SERVER_FUNCTIONS: &str = "/_srv";

/// The page that rolls this pair.
pub fn roll(pair: &PairId) -> String {
    format!("{ROLL}?pair={pair}")
}

/// The page that ends this pair.
pub fn expire(pair: &PairId) -> String {
    format!("{EXPIRE}?pair={pair}")
}

/// The page that ends this session.
pub fn end_session(session: &SessionId) -> String {
    format!("{END_SESSION}?session={session}")
}

#[cfg(test)]
mod tests {
    #[test]
    fn paths_of_pages_and_of_server_functions_do_not_meet() {
        use super::{
            ACTIVITY, DEVELOPERS, END_SESSION, EXPIRE, INVITATION, ROLL, SESSIONS, SET_PASSWORD, SIGN_IN, SIGN_UP,
        };
        let entrance = [SIGN_IN, SIGN_UP, SET_PASSWORD, INVITATION];
        let dashboard = [DEVELOPERS, ROLL, EXPIRE, ACTIVITY, SESSIONS, END_SESSION];
        for page in entrance.into_iter().chain(dashboard) {
            assert!(!page.starts_with(super::SERVER_FUNCTIONS));
        }
    }
}
