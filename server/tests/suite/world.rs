//! An installation of its own for each test: a real database, a clock that can be set.

use app::server_context::Cookies;
use axum::body::Body;
use backend::accounts::{CreatedAccount, NewAccount};
use backend::keys::{RollRequest, Rolled};
use backend::seal::Sealer;
use backend::store::{Installation, Store as _, WriteTx};
use backend::{Backend, Clock, OsEntropy, RequestContext};
use data_encoding::BASE64;
use domain::{AccountId, Entropy, ExpireOld, Password, SubmissionId, Timestamp};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use server::accept::Answering;
use server::config::{Environment, SettingFlags, Settings};
use server::router::{self, Served, Serving};
use server::routes;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use store_files::FilesFolder;
use store_sqlite::SqliteStore;
use tempfile::TempDir;
use tower::ServiceExt as _;

/// 2026-11-23T09:02:00Z.
pub const NOW: i64 = 1_795_424_520_000;
pub const PASSWORD: &str = "an ocelot plays the bassoon";
pub const EMAIL: &str = "ada@example.org";

pub struct SetClock {
    now: AtomicI64,
    uptime_millis: AtomicU64,
}

impl SetClock {
    fn at(now: i64) -> Self {
        Self { now: AtomicI64::new(now), uptime_millis: AtomicU64::new(0) }
    }

    /// Lets time pass by the clock that never steps, and by no other.
    pub fn pass(&self, millis: u64) {
        self.uptime_millis.fetch_add(millis, Ordering::SeqCst);
    }

    pub fn set(&self, millis: i64) {
        self.now.store(millis, Ordering::SeqCst);
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.now.load(Ordering::SeqCst))
    }

    fn uptime(&self) -> std::time::Duration {
        std::time::Duration::from_millis(self.uptime_millis.load(Ordering::SeqCst))
    }
}

/// The master key of every installation here, so that one can go on with another's database.
struct SameForAll;

impl Entropy for SameForAll {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

/// Ties a new database to its master key.
async fn claim(store: &SqliteStore, sealer: &Sealer) {
    if store.find_installation().await.unwrap().is_none() {
        let (master_key_id, master_key_check) = sealer.describe().unwrap();
        let installation = Installation { created_at: Timestamp::from_millis(NOW), master_key_id, master_key_check };
        let mut tx = store.begin_write().await.unwrap();
        tx.insert_installation(&installation).await.unwrap();
        tx.commit().await.unwrap();
    }
}

pub struct World {
    pub clock: Arc<SetClock>,
    pub backend: Backend,
    pub serving: Serving,
    pub router: Served,
    pub store: SqliteStore,
    pub directory: TempDir,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl World {
    pub async fn http() -> Self {
        Self::at("http://127.0.0.1:3000").await
    }

    pub async fn at(public_url: &str) -> Self {
        Self::with(&[("LATCHKEY_PUBLIC_URL", public_url)]).await
    }

    pub async fn with(variables: &[(&str, &str)]) -> Self {
        Self::within(tempfile::tempdir().unwrap(), variables).await
    }

    /// An installation on the database that lies in `directory`, or on a new one there.
    pub async fn within(directory: TempDir, variables: &[(&str, &str)]) -> Self {
        let mut settings = Settings::load(&SettingFlags::default(), &Environment::of(variables)).unwrap();
        let site_root = directory.path().join("site");
        std::fs::create_dir_all(site_root.join("pkg")).unwrap();
        settings.site_root = Some(site_root);
        let store = SqliteStore::open(&format!("sqlite:{}/latchkey.db", directory.path().display())).await.unwrap();
        let clock = Arc::new(SetClock::at(NOW));
        let sealer = Sealer::ephemeral(&SameForAll).unwrap();
        claim(&store, &sealer).await;
        let files = FilesFolder::open(&directory.path().join("files")).unwrap();
        let backend =
            Backend::new(Arc::new(store.clone()), clock.clone(), Arc::new(OsEntropy), sealer, settings.policy.clone())
                .with_files(Arc::new(files));
        backend.join_instances().await;
        backend.follow().await.unwrap();
        let serving = Serving::new(backend.clone(), &settings, settings.addr);
        let router = router::build(serving.clone());
        Self { clock, backend, serving, router, store, directory }
    }

    pub fn operator() -> RequestContext {
        RequestContext::operator("test".to_owned(), "req_test".to_owned())
    }

    pub async fn account(&self) -> CreatedAccount {
        let new = NewAccount {
            email: EMAIL.to_owned(),
            name: String::new(),
            external_id: Some("cus_1".to_owned()),
            password: Some(Password::new(PASSWORD.to_owned())),
        };
        self.backend.create_account(&Self::operator(), new).await.unwrap()
    }

    pub async fn roll(&self, account: &AccountId, expire_old: ExpireOld) -> Rolled {
        let request = RollRequest {
            account_id: account.clone(),
            pair_id: None,
            expire_old,
            reason: None,
            message: None,
            submission_id: SubmissionId::mint(self.clock.now(), &OsEntropy),
            password: None,
        };
        self.backend.roll(&Self::operator(), request).await.unwrap()
    }

    pub fn clock_now(&self) -> Timestamp {
        self.clock.now()
    }

    pub async fn disable(&self, account: &AccountId) {
        let mut tx = self.store.begin_write().await.unwrap();
        tx.set_account_disabled(account, Some(self.clock.now())).await.unwrap();
        tx.commit().await.unwrap();
        self.backend.follow().await.unwrap();
    }

    /// Keeps everybody else from writing for as long as the answer lives.
    pub async fn block_writing(&self) -> Box<dyn WriteTx> {
        self.store.begin_write().await.unwrap()
    }

    /// Makes every later access to the database fail.
    pub async fn break_database(&self) {
        self.store.close().await;
    }

    /// Signs the owner in; answers the `Cookie` header of their browser.
    pub async fn signed_in(&self) -> String {
        self.signed_in_as(EMAIL).await
    }

    /// Signs this person in.
    pub async fn signed_in_as(&self, email: &str) -> String {
        let context = RequestContext { caller: backend::Caller::Anonymous, ..Self::operator() };
        let opened = self.backend.sign_in(&context, email, Password::new(PASSWORD.to_owned())).await.unwrap();
        format!("{}={}", self.cookies().session(), opened.session.expose())
    }

    pub fn cookies(&self) -> Cookies {
        self.serving.site.cookies
    }

    pub async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send("GET", path, headers, "").await
    }

    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        send_to(&self.router, method, path, headers, body).await
    }

    /// Calls a server function as the page does.
    pub async fn call(&self, function: &str, headers: &[(&str, &str)], form: &str) -> Answer {
        let mut all = vec![("content-type", "application/x-www-form-urlencoded"), ("accept", "application/json")];
        all.extend(headers.iter().filter(|(name, _)| *name == "accept").copied());
        if all.len() > 2 {
            all.remove(1);
        }
        all.extend(headers.iter().filter(|(name, _)| *name != "accept").copied());
        self.send("POST", &server_function(function), &all, form).await
    }
}

/// The whole path of a server function, which ends in a hash.
pub fn server_function(name: &str) -> String {
    routes::path_of_function(&format!("/_srv/{name}")).expect("a function of this name").to_owned()
}

pub async fn send_to(
    router: &impl Answering,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let mut request = Request::builder().method(method).uri(path).header("host", "127.0.0.1:3000");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = if body.is_empty() { Body::empty() } else { Body::from(body.to_owned()) };
    answer_of(router, request.body(body).unwrap()).await
}

/// The whole answer to a request.
pub async fn answer_of(router: &impl Answering, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Answer { status: parts.status, headers: parts.headers, body: String::from_utf8_lossy(&body).into_owned() }
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.body))
    }
}

pub fn basic(user: &str) -> String {
    format!("Basic {}", BASE64.encode(format!("{user}:do_not_set").as_bytes()))
}

pub fn bearer(key: &str) -> String {
    format!("Bearer {key}")
}
