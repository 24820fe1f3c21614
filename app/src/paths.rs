//! Every URL of the dashboard as a typed function. Nothing else spells one.

use domain::audit::Act;
use domain::{AccountId, BulkRollDraftId, BulkRollId, FileId, PairId, SessionId, UserId};

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
/// Joining an account by the invitation that this browser has opened.
pub const JOIN: &str = "/invitation/join";
/// Leads to the developers tab.
pub const DASHBOARD: &str = "/dashboard";
/// The developers tab.
pub const DEVELOPERS: &str = "/dashboard/developers";
/// Rolling a pair, as a page of its own: what the dialog is without WASM.
pub const ROLL: &str = "/dashboard/developers/roll";
/// Ending an expiring pair, as a page of its own.
pub const EXPIRE: &str = "/dashboard/developers/expire";
/// Who uses a pair that the query names.
pub const CALLERS: &str = "/dashboard/developers/callers";
/// Removing an origin from those whose pages may upload: one that the query names.
pub const REMOVE_ORIGIN: &str = "/dashboard/developers/origins/remove";
/// The account's audit trail.
pub const ACTIVITY: &str = "/dashboard/activity";
/// The audit trail as a file for spreadsheets.
pub const ACTIVITY_CSV: &str = "/dashboard/activity.csv";
/// The audit trail as a file for programs: one JSON object on each line.
pub const ACTIVITY_JSON_LINES: &str = "/dashboard/activity.jsonl";
/// The account's files.
pub const FILES: &str = "/dashboard/files";
/// Deleting a file that the query names, as a page of its own.
pub const DELETE_FILE: &str = "/dashboard/files/delete";
/// The bytes of a file that the query names, for members of its account.
pub const DOWNLOAD_FILE: &str = "/dashboard/files/download";
/// What the person signs in with, and where they are signed in.
pub const SESSIONS: &str = "/dashboard/sessions";
/// Ending sessions, as a page of its own: one that the query names, or all others.
pub const END_SESSION: &str = "/dashboard/sessions/end";
/// The account's members.
pub const MEMBERS: &str = "/dashboard/members";
/// Inviting somebody into the account.
pub const INVITE_MEMBER: &str = "/dashboard/members/invite";
/// Changing the role of the member that the query names.
pub const MEMBER_ROLE: &str = "/dashboard/members/role";
/// Removing the member that the query names, or leaving.
pub const REMOVE_MEMBER: &str = "/dashboard/members/remove";
/// The accounts the person is in, and going from one to another.
pub const ACCOUNTS: &str = "/dashboard/accounts";
/// The admin console: finding accounts. One that the query names `q`, and their list.
pub const ADMIN: &str = "/admin";
/// An account, as an admin sees it.
pub const ADMIN_ACCOUNT: &str = "/admin/account";
/// Rolling an account's keys for its owner.
pub const ADMIN_ROLL: &str = "/admin/account/roll";
/// Ending one of an account's expiring pairs.
pub const ADMIN_EXPIRE: &str = "/admin/account/expire";
/// Disabling an account, or enabling it again.
pub const ADMIN_DISABLE: &str = "/admin/account/disable";
/// Ending the sessions of one of an account's members.
pub const ADMIN_END_SESSIONS: &str = "/admin/account/end-sessions";
/// The latest rolls of many accounts.
pub const ADMIN_BULK_ROLLS: &str = "/admin/bulk-rolls";
/// Where a list of accounts is pasted.
pub const ADMIN_NEW_BULK_ROLL: &str = "/admin/bulk-rolls/new";
/// What rolling a list would do.
pub const ADMIN_DRY_RUN: &str = "/admin/bulk-rolls/dry-run";
/// Confirming a dry run.
pub const ADMIN_CONFIRM_BULK_ROLL: &str = "/admin/bulk-rolls/confirm";
/// How far a roll of many accounts is.
pub const ADMIN_BULK_ROLL: &str = "/admin/bulk-rolls/progress";
/// Stopping one.
pub const ADMIN_STOP_BULK_ROLL: &str = "/admin/bulk-rolls/stop";
/// What came of each account, as a file for spreadsheets.
pub const ADMIN_BULK_ROLL_CSV: &str = "/admin/bulk-rolls/report.csv";
/// An account's audit trail, as an admin reads it.
pub const ADMIN_ACTIVITY: &str = "/admin/activity";
/// How a gateway asks about the requests it holds.
pub const ADMIN_GATEWAYS: &str = "/admin/gateways";
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

/// Who uses this pair.
pub fn callers(pair: &PairId) -> String {
    format!("{CALLERS}?pair={pair}")
}

/// The same, from this page of them on: the first has the number 1.
pub fn callers_page(pair: &PairId, page: u32) -> String {
    format!("{CALLERS}?pair={pair}&page={page}")
}

/// Where the origins whose pages may upload stand on the developers tab.
pub const ORIGINS: &str = "origins";

/// The origins whose pages may upload.
pub fn origins() -> String {
    format!("{DEVELOPERS}#{ORIGINS}")
}

/// The page that removes this origin. An origin has no character that a query would take for its own.
pub fn remove_origin(origin: &str) -> String {
    format!("{REMOVE_ORIGIN}?origin={origin}")
}

/// The activity, only where private keys were seen. Straight to the records, as [`admin_sign_ins`].
pub fn sightings() -> String {
    format!("{ACTIVITY}?act={}#{RECORDS}", Act::KeySighting.as_str())
}

/// The page that deletes this file.
pub fn delete_file(file: &FileId) -> String {
    format!("{DELETE_FILE}?file={file}")
}

/// The bytes of this file.
pub fn download_file(file: &FileId) -> String {
    format!("{DOWNLOAD_FILE}?file={file}")
}

/// The page that ends this session.
pub fn end_session(session: &SessionId) -> String {
    format!("{END_SESSION}?session={session}")
}

/// The page that changes the role of this member.
pub fn member_role(person: &UserId) -> String {
    format!("{MEMBER_ROLE}?person={person}")
}

/// The page that removes this member.
pub fn remove_member(person: &UserId) -> String {
    format!("{REMOVE_MEMBER}?person={person}")
}

/// The admin's page about this account.
pub fn admin_account(account: &AccountId) -> String {
    format!("{ADMIN_ACCOUNT}?account={account}")
}

/// The same, with one of its pairs pointed out.
pub fn admin_pair(account: &AccountId, pair: &PairId) -> String {
    format!("{ADMIN_ACCOUNT}?account={account}&pair={pair}")
}

/// The page that rolls this active pair of this account.
pub fn admin_roll(account: &AccountId, pair: &PairId) -> String {
    format!("{ADMIN_ROLL}?account={account}&pair={pair}")
}

/// The page that ends this pair of this account.
pub fn admin_expire(account: &AccountId, pair: &PairId) -> String {
    format!("{ADMIN_EXPIRE}?account={account}&pair={pair}")
}

/// The page that disables this account, or enables it.
pub fn admin_disable(account: &AccountId) -> String {
    format!("{ADMIN_DISABLE}?account={account}")
}

/// The page that ends the sessions of this member of this account.
pub fn admin_end_sessions(account: &AccountId, person: &UserId) -> String {
    format!("{ADMIN_END_SESSIONS}?account={account}&person={person}")
}

/// This account's audit trail, as an admin reads it.
pub fn admin_activity(account: &AccountId) -> String {
    format!("{ADMIN_ACTIVITY}?account={account}")
}

/// Where the records begin on a page of activity, below its filter.
pub const RECORDS: &str = "records";

/// The same, only who signed in and who tried to. Straight to the records: a filter that is on stands open above them, and
/// is longer than a screen.
pub fn admin_sign_ins(account: &AccountId) -> String {
    let acts = [Act::SignIn, Act::SignInRefused].map(|act| format!("&act={}", act.as_str())).concat();
    format!("{}{acts}#{RECORDS}", admin_activity(account))
}

/// What rolling the list of this dry run would do.
pub fn admin_dry_run(draft: &BulkRollDraftId) -> String {
    format!("{ADMIN_DRY_RUN}?draft={draft}")
}

/// The page that confirms this dry run.
pub fn admin_confirm_bulk_roll(draft: &BulkRollDraftId) -> String {
    format!("{ADMIN_CONFIRM_BULK_ROLL}?draft={draft}")
}

/// How far this roll of many accounts is.
pub fn admin_bulk_roll(bulk: &BulkRollId) -> String {
    format!("{ADMIN_BULK_ROLL}?bulk={bulk}")
}

/// The page that stops it.
pub fn admin_stop_bulk_roll(bulk: &BulkRollId) -> String {
    format!("{ADMIN_STOP_BULK_ROLL}?bulk={bulk}")
}

/// Its report.
pub fn admin_bulk_roll_csv(bulk: &BulkRollId) -> String {
    format!("{ADMIN_BULK_ROLL_CSV}?bulk={bulk}")
}

#[cfg(test)]
mod tests {
    #[test]
    fn paths_of_pages_and_of_server_functions_do_not_meet() {
        use super::{
            ACTIVITY, ADMIN, ADMIN_ACCOUNT, ADMIN_ACTIVITY, DELETE_FILE, DEVELOPERS, DOWNLOAD_FILE, END_SESSION,
            EXPIRE, FILES, INVITATION, ROLL, SESSIONS, SET_PASSWORD, SIGN_IN, SIGN_UP,
        };
        let entrance = [SIGN_IN, SIGN_UP, SET_PASSWORD, INVITATION];
        let dashboard = [DEVELOPERS, ROLL, EXPIRE, ACTIVITY, FILES, DELETE_FILE, DOWNLOAD_FILE, SESSIONS, END_SESSION];
        let console = [ADMIN, ADMIN_ACCOUNT, ADMIN_ACTIVITY];
        for page in entrance.into_iter().chain(dashboard).chain(console) {
            assert!(!page.starts_with(super::SERVER_FUNCTIONS));
        }
    }
}
