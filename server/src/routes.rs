//! Every address the process answers, one row for each method: the one table of routes.
//!
//! [`crate::router`] serves these rows and nothing else. Screens and server functions are the app's: what is in only one
//! of the two tables stops the process when it starts ([`check`]). What each row answers to whom is written down once
//! more, by hand, in `tests/suite/matrix/expected.txt`; a row without its lines there fails the suite.
//!
//! Who may do what is not in this table: that is decided by the use cases.

use crate::middleware::Around;
use crate::problem::Problem;
use crate::router::{self, Answered, Serving};
use crate::{activity, api, bulk_report, download, health};
use app::{App, paths};
use axum::extract::{Request, State};
use axum::response::IntoResponse;
use axum::routing::{MethodFilter, MethodRouter, any, get, on};
use futures_util::FutureExt as _;
use http::{HeaderMap, Method};
use leptos_axum::{AxumRouteListing, generate_route_list};
use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

/// One method at one place.
#[derive(Debug)]
pub struct Route {
    /// Where.
    pub place: Place,
    /// The method it answers; HEAD goes with GET. `None`: every method there is.
    pub method: Option<Method>,
    /// What it is one of.
    pub kind: Kind,
    pub(crate) answer: Answer,
}

/// Where a route is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// At this path. A server function's is without the hash that the build puts behind it.
    At(&'static str),
    /// At this path and below it, where no other row is.
    Below(&'static str),
    /// Wherever no other row is.
    Elsewhere,
}

/// What a route is one of decides which middleware is around it, how large its bodies may be, and whether its errors are
/// pages or JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// For a browser: the person is known by their cookie, and an error is a page.
    Page,
    /// A server function: for our own pages, or for their forms without WASM.
    Function,
    /// A server function that takes a long list from an admin.
    ListFunction,
    /// The HTTP API: for programs, known by their key. No cookie is ever looked at.
    Api,
    /// Uploads: like the API, with bodies as large as files, and from any site.
    Upload,
    /// What gateways ask about the requests they hold: like the API, and the body, which is not theirs to send, is not read.
    Gateway,
    /// For whoever watches the process. Nobody is known.
    Health,
    /// Files that belong to the pages and are the same for everybody.
    Asset,
}

impl Kind {
    /// Every kind, in the order in which they are wrapped.
    pub const ALL: [Self; 8] = [
        Self::Page,
        Self::Function,
        Self::ListFunction,
        Self::Api,
        Self::Upload,
        Self::Gateway,
        Self::Health,
        Self::Asset,
    ];
}

/// Who gives the answer.
#[derive(Debug)]
pub(crate) enum Answer {
    /// A screen of the app.
    Screen,
    /// A server function of the app.
    Function,
    /// A handler of ours, for the row's method.
    Ours(fn(MethodFilter) -> MethodRouter<Serving>),
    /// The same for every method.
    Always(fn() -> MethodRouter<Serving>),
    /// A handler of ours: without the router for what is asked with just the row's method at just its path, and behind it for all
    /// else.
    AtOnce {
        /// Puts in the headers of a good answer that are the same for all.
        headers: fn(&mut HeaderMap),
        handler: fn(Around, Request, Arc<HeaderMap>) -> Answered,
        routed: fn() -> MethodRouter<Serving>,
    },
}

/// A handler of ours that is asked all day long, and what puts headers that are the same for all of its answers into a map.
macro_rules! at_once {
    ($serve:expr, $handler:path, $headers:path) => {
        Answer::AtOnce {
            headers: $headers,
            handler: |around, request, headers| {
                let serving = around.serving().clone();
                let give = |request| $handler(serving, request, headers).map(IntoResponse::into_response);
                Box::pin(around.answer(request, give))
            },
            routed: || {
                $serve(async |State(serving): State<Serving>, request: Request| {
                    let mut headers = HeaderMap::new();
                    $headers(&mut headers);
                    $handler(serving, request, Arc::new(headers)).await
                })
            },
        }
    };
}

const UPLOAD: &str = "/api/v1/files/upload";
const UPLOAD_V2: &str = "/api/v2/files/upload";

/// The table.
pub static TABLE: &[Route] = &[
    screen(paths::ROOT),
    screen(paths::DASHBOARD),
    screen(paths::DEVELOPERS),
    screen(paths::ROLL),
    screen(paths::EXPIRE),
    screen(paths::CALLERS),
    screen(paths::REMOVE_ORIGIN),
    screen(paths::ACTIVITY),
    ours(Method::POST, paths::ACTIVITY_CSV, Kind::Page, |method| on(method, activity::csv)),
    ours(Method::POST, paths::ACTIVITY_JSON_LINES, Kind::Page, |method| on(method, activity::json_lines)),
    screen(paths::FILES),
    screen(paths::DELETE_FILE),
    ours(Method::GET, paths::DOWNLOAD_FILE, Kind::Page, |method| on(method, download::of_member)),
    screen(paths::SESSIONS),
    screen(paths::END_SESSION),
    screen(paths::MEMBERS),
    screen(paths::INVITE_MEMBER),
    screen(paths::MEMBER_ROLE),
    screen(paths::REMOVE_MEMBER),
    screen(paths::ACCOUNTS),
    screen(paths::ADMIN),
    screen(paths::ADMIN_ACCOUNT),
    screen(paths::ADMIN_ROLL),
    screen(paths::ADMIN_EXPIRE),
    screen(paths::ADMIN_DISABLE),
    screen(paths::ADMIN_END_SESSIONS),
    screen(paths::ADMIN_BULK_ROLLS),
    screen(paths::ADMIN_NEW_BULK_ROLL),
    screen(paths::ADMIN_DRY_RUN),
    screen(paths::ADMIN_CONFIRM_BULK_ROLL),
    screen(paths::ADMIN_BULK_ROLL),
    screen(paths::ADMIN_STOP_BULK_ROLL),
    ours(Method::POST, paths::ADMIN_BULK_ROLL_CSV, Kind::Page, |method| on(method, bulk_report::csv)),
    screen(paths::ADMIN_ACTIVITY),
    screen(paths::ADMIN_GATEWAYS),
    screen(paths::SIGN_IN),
    screen(paths::SIGN_UP),
    screen(paths::SET_PASSWORD),
    screen(paths::INVITATION),
    screen(paths::JOIN),
    function("/_srv/load_entrance"),
    function("/_srv/sign_in"),
    function("/_srv/sign_up"),
    function("/_srv/sign_out"),
    function("/_srv/set_password"),
    function("/_srv/open_invitation"),
    function("/_srv/load_sessions"),
    function("/_srv/end_session"),
    function("/_srv/end_other_sessions"),
    function("/_srv/change_email"),
    function("/_srv/change_password"),
    function("/_srv/load_members"),
    function("/_srv/invite_member"),
    function("/_srv/revoke_member_invitation"),
    function("/_srv/change_role"),
    function("/_srv/remove_member"),
    function("/_srv/load_join"),
    function("/_srv/join_account"),
    function("/_srv/join_new"),
    function("/_srv/load_own_accounts"),
    function("/_srv/switch_account"),
    function("/_srv/load_developers_tab"),
    function("/_srv/load_developers_page"),
    function("/_srv/load_callers"),
    function("/_srv/add_origin"),
    function("/_srv/remove_origin"),
    function("/_srv/load_activity"),
    function("/_srv/load_files"),
    function("/_srv/load_file"),
    function("/_srv/delete_file"),
    function("/_srv/make_upload_parameters"),
    function("/_srv/reveal_key"),
    function("/_srv/roll_keys"),
    function("/_srv/expire_now"),
    function("/_srv/load_accounts"),
    function("/_srv/find_account"),
    function("/_srv/load_account_file"),
    function("/_srv/load_account_activity"),
    function("/_srv/roll_for"),
    function("/_srv/expire_for"),
    function("/_srv/set_account_disabled"),
    function("/_srv/end_sessions_for"),
    function("/_srv/load_gateways"),
    function("/_srv/load_bulk_rolls"),
    function("/_srv/load_dry_run"),
    function("/_srv/load_bulk_roll"),
    list_function("/_srv/draft_bulk_roll"),
    function("/_srv/draft_selected"),
    function("/_srv/begin_bulk_roll"),
    function("/_srv/stop_bulk_roll"),
    Route {
        place: Place::At("/v1/account"),
        method: Some(Method::GET),
        kind: Kind::Api,
        answer: at_once!(get, api::show_account, api::begin_account),
    },
    ours(Method::POST, UPLOAD, Kind::Upload, |method| on(method, api::uploads::upload)),
    ours(Method::OPTIONS, UPLOAD, Kind::Upload, |method| on(method, api::uploads::preflight)),
    ours(Method::POST, UPLOAD_V2, Kind::Upload, |method| on(method, api::uploads::upload_v2)),
    ours(Method::OPTIONS, UPLOAD_V2, Kind::Upload, |method| on(method, api::uploads::preflight_v2)),
    ours(Method::GET, "/v1/files", Kind::Api, |method| on(method, api::list_files)),
    // Some clients ask with a slash.
    ours(Method::GET, "/v1/files/", Kind::Api, |method| on(method, api::list_files_with_slash)),
    ours(Method::GET, "/v1/files/{fileId}/details", Kind::Api, |method| on(method, api::show_file)),
    ours(Method::DELETE, "/v1/files/{fileId}", Kind::Api, |method| on(method, api::delete_file)),
    ours(Method::POST, "/v1/files/batch/deleteByFileIds", Kind::Api, |method| on(method, api::delete_files)),
    ours(Method::GET, api::FILE_BYTES, Kind::Api, |method| on(method, api::file_bytes)),
    ours(Method::POST, "/admin/v1/accounts", Kind::Api, |method| on(method, api::create)),
    ours(Method::GET, "/admin/v1/accounts", Kind::Api, |method| on(method, api::find)),
    ours(Method::GET, "/admin/v1/accounts/{accountId}", Kind::Api, |method| on(method, api::open)),
    ours(Method::PATCH, "/admin/v1/accounts/{accountId}", Kind::Api, |method| on(method, api::switch)),
    ours(Method::POST, "/admin/v1/accounts/{accountId}/roll", Kind::Api, |method| on(method, api::roll)),
    ours(Method::GET, "/admin/v1/openapi.json", Kind::Api, |method| on(method, api::describe_at_old_address)),
    ours(Method::POST, "/v1/keys/verify", Kind::Api, |method| on(method, api::verify_key)),
    ours(Method::POST, "/v1/keys/verify/batch", Kind::Api, |method| on(method, api::verify_keys)),
    ours(Method::GET, "/v1/openapi.json", Kind::Api, |method| on(method, api::describe)),
    // Envoy asks below it, at the path of the request it holds.
    Route {
        place: Place::Below("/v1/auth"),
        method: None,
        kind: Kind::Gateway,
        answer: at_once!(any, api::may_pass, api::begin_pass),
    },
    ours(Method::GET, "/livez", Kind::Health, |method| on(method, health::live)),
    ours(Method::GET, "/readyz", Kind::Health, |method| on(method, health::ready)),
    below("/v1", Kind::Api, || any(async || Problem::NotFound)),
    below("/admin/v1", Kind::Api, || any(async || Problem::NotFound)),
    below("/api", Kind::Api, || any(async || Problem::NotFound)),
    // A page that was loaded before an update calls functions that are gone.
    below(paths::SERVER_FUNCTIONS, Kind::Function, || any(async || Problem::PageOutdated)),
    below("/pkg", Kind::Asset, || any(router::asset)),
    elsewhere(Kind::Page, || any(router::elsewhere)),
];

const fn screen(path: &'static str) -> Route {
    Route { place: Place::At(path), method: Some(Method::GET), kind: Kind::Page, answer: Answer::Screen }
}

const fn function(path: &'static str) -> Route {
    Route { place: Place::At(path), method: Some(Method::POST), kind: Kind::Function, answer: Answer::Function }
}

const fn list_function(path: &'static str) -> Route {
    Route { place: Place::At(path), method: Some(Method::POST), kind: Kind::ListFunction, answer: Answer::Function }
}

const fn ours(
    method: Method,
    path: &'static str,
    kind: Kind,
    handler: fn(MethodFilter) -> MethodRouter<Serving>,
) -> Route {
    Route { place: Place::At(path), method: Some(method), kind, answer: Answer::Ours(handler) }
}

const fn below(path: &'static str, kind: Kind, handler: fn() -> MethodRouter<Serving>) -> Route {
    Route { place: Place::Below(path), method: None, kind, answer: Answer::Always(handler) }
}

const fn elsewhere(kind: Kind, handler: fn() -> MethodRouter<Serving>) -> Route {
    Route { place: Place::Elsewhere, method: None, kind, answer: Answer::Always(handler) }
}

/// The app's own list of screens, collected once for the whole process. Leptos collects them by drawing the app with all
/// loading switched off, in every thread: a page that is drawn at the same moment waits for its data for ever.
static SCREENS: LazyLock<Vec<AxumRouteListing>> = LazyLock::new(|| generate_route_list(App));

/// Collects what Leptos has to know before it draws the first page.
pub(crate) fn prepare() {
    LazyLock::force(&SCREENS);
}

/// Every server function as this program was built: its whole path and its method.
pub fn server_functions() -> impl Iterator<Item = (&'static str, Method)> {
    leptos::server_fn::axum::server_fn_paths()
}

/// The whole path of the server function in this row.
pub fn path_of_function(row: &str) -> Option<&'static str> {
    server_functions().map(|(path, _)| path).find(|path| without_hash(path) == row)
}

/// `/_srv/sign_in1234567890` is the function in the row `/_srv/sign_in`.
fn without_hash(path: &str) -> &str {
    path.trim_end_matches(|c: char| c.is_ascii_digit())
}

/// Why the process would not serve what its table says.
#[derive(Debug, thiserror::Error)]
#[error(
    "this program's screens and server functions are not those of its table of routes. Not in the table: {unlisted:?}. \
     Only in the table: {missing:?}. If all of /_srv is there, the build was without SERVER_FN_PREFIX={}: use `cargo xtask`",
    paths::SERVER_FUNCTIONS
)]
pub struct Mismatch {
    unlisted: Vec<String>,
    missing: Vec<String>,
}

/// Compares the table with what the app really has, in both directions.
pub fn check() -> Result<(), Mismatch> {
    let screens = SCREENS.iter().flat_map(|screen| {
        screen.methods().map(|method| format!("{} {}", format!("{method:?}").to_uppercase(), screen.path()))
    });
    let functions = server_functions().map(|(path, method)| format!("{method} {}", without_hash(path)));
    compare(screens.chain(functions).collect(), TABLE)
}

fn compare(registered: BTreeSet<String>, table: &[Route]) -> Result<(), Mismatch> {
    let of_the_app = table.iter().filter(|row| matches!(row.answer, Answer::Screen | Answer::Function));
    let listed: BTreeSet<String> = of_the_app.map(Route::name).collect();
    if registered == listed {
        return Ok(());
    }
    Err(Mismatch {
        unlisted: registered.difference(&listed).cloned().collect(),
        missing: listed.difference(&registered).cloned().collect(),
    })
}

impl Place {
    /// `/sign-in`, `/v1/*`, or `*` for elsewhere.
    pub fn name(self) -> String {
        match self {
            Self::At(path) => path.to_owned(),
            Self::Below(path) => format!("{path}/*"),
            Self::Elsewhere => "*".to_owned(),
        }
    }
}

impl Route {
    /// Whether it is asked by a request with just its method, at just its path and not below it. Not by HEAD: that the answer has no
    /// body then is the router's doing.
    pub(crate) fn is_asked_by(&self, method: &Method, path: &str) -> bool {
        let at = match self.place {
            Place::At(at) | Place::Below(at) => at == path,
            Place::Elsewhere => false,
        };
        at && method != Method::HEAD && self.method.as_ref().is_none_or(|own| own == method)
    }

    /// `GET /sign-in`, or `* /v1/*` for every method.
    pub fn name(&self) -> String {
        let method = self.method.as_ref().map_or("*", Method::as_str);
        format!("{method} {}", self.place.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registered() -> BTreeSet<String> {
        ["GET /a", "POST /_srv/b"].map(str::to_owned).into()
    }

    #[test]
    fn what_the_app_has_and_the_table_has_not_is_named_and_the_other_way_round() {
        assert!(compare(registered(), &[screen("/a"), function("/_srv/b")]).is_ok());
        let mismatch = compare(registered(), &[screen("/a")]).expect_err("a function without a row");
        assert_eq!((mismatch.unlisted, mismatch.missing), (vec!["POST /_srv/b".to_owned()], vec![]));
        let table = [screen("/a"), function("/_srv/b"), screen("/c")];
        let mismatch = compare(registered(), &table).expect_err("a row without a screen");
        assert_eq!((mismatch.unlisted, mismatch.missing), (vec![], vec!["GET /c".to_owned()]));
    }

    #[test]
    fn no_row_is_there_twice_and_every_place_has_one_kind() {
        for (index, row) in TABLE.iter().enumerate() {
            for other in &TABLE[..index] {
                assert_ne!(row.name(), other.name());
                assert!(row.place != other.place || row.kind == other.kind, "{}", row.place.name());
            }
        }
    }

    #[test]
    fn a_row_without_the_router_is_asked_at_just_its_place_and_never_by_head() {
        let asked = |name: &str, method: Method, path: &str| {
            TABLE.iter().find(|row| row.name() == name).expect("a row").is_asked_by(&method, path)
        };
        assert!(asked("GET /v1/account", Method::GET, "/v1/account"));
        assert!(asked("* /v1/auth/*", Method::PUT, "/v1/auth"));
        for (name, method, path) in [
            ("GET /v1/account", Method::HEAD, "/v1/account"),
            ("GET /v1/account", Method::POST, "/v1/account"),
            ("GET /v1/account", Method::GET, "/v1/account/"),
            ("* /v1/auth/*", Method::HEAD, "/v1/auth"),
            ("* /v1/auth/*", Method::GET, "/v1/auth/"),
            ("* /v1/auth/*", Method::GET, "/v1/auth/images"),
        ] {
            assert!(!asked(name, method, path), "{path}");
        }
    }
}
