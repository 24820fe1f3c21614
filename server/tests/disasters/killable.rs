//! The process that is killed: the real router over the real store on a real file, started from this very test program.

use crate::program::Place;
use crate::script::{Plan, SIGN, Script, tell};
use crate::watched_store::{Manner, WatchedStore};
use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use backend::{Backend, OsEntropy, SystemClock, installation};
use server::accept::{self, Connections, Limits};
use server::config::{Environment, SettingFlags, Settings};
use server::following::follow_for_ever;
use server::router::{self, Serving};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use store_sqlite::SqliteStore;

/// Every visitor of the tests comes from an address of their own, so that none is throttled for another's sake.
pub const TRUSTING: (&str, &str) = ("LATCHKEY_TRUSTED_PROXIES", "127.0.0.1");

/// And whoever asks for an ended key again and again is told so each time.
pub const TELLING: (&str, &str) = ("LATCHKEY_FAILED_AUTHENTICATIONS_PER_MINUTE", "0");

/// The last step: the answer is made, and not yet sent.
pub const ANSWERED: &str = "answered";

/// No test: the tests of crashes start it and kill it. It ends at once when nobody tells it what to be.
#[test]
#[ignore = "the process that the tests of crashes start and kill"]
fn a_process_to_be_killed() {
    let mut lines = BufReader::new(std::io::stdin()).lines();
    let manner = match lines.next() {
        Some(Ok(line)) if line == "honest" => Manner::Honest,
        Some(Ok(line)) if line == "answers first" => Manner::AnswersFirst,
        Some(Ok(line)) if line == "in pieces" => Manner::InPieces,
        _ => return,
    };
    let script = Arc::new(Script::default());
    let arming = Arc::clone(&script);
    std::thread::spawn(move || {
        for line in lines {
            arming.arm(line.unwrap().parse().unwrap());
        }
    });
    // One thread is stopped for ever while the others go on.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    runtime.block_on(serve(manner, script));
}

async fn serve(manner: Manner, script: Arc<Script>) {
    let environment = Environment::of(&[("LATCHKEY_ADDR", "127.0.0.1:0"), TRUSTING]);
    let settings = Settings::load(&SettingFlags::default(), &environment).unwrap();
    let store: Arc<SqliteStore> = Arc::new(SqliteStore::open(&settings.database_url).await.unwrap());
    let sealer = installation::open_installation(&*store, &SystemClock, &OsEntropy, &settings.master_key_file);
    let sealer = sealer.await.unwrap();
    let watched = Arc::new(WatchedStore::new(store, Arc::clone(&script), manner));
    let backend = Backend::new(watched, Arc::new(SystemClock), Arc::new(OsEntropy), sealer, settings.policy.clone());
    let listener = accept::listen(settings.addr).unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(follow_for_ever(backend.clone()));
    let serving = Serving::new(backend, &settings, addr);
    let router = Router::new().fallback_service(router::build(serving.clone())).layer(from_fn(
        move |request: Request, next: Next| {
            let script = Arc::clone(&script);
            async move {
                let answer = next.run(request).await;
                script.step(ANSWERED);
                answer
            }
        },
    ));
    let (_never, asked) = tokio::sync::mpsc::channel(1);
    tell(&addr.to_string());
    accept::serve(
        listener,
        router,
        Limits::default(),
        serving.health.stopping().clone(),
        Connections::default(),
        asked,
    )
    .await;
}

/// Such a process, seen from the test.
pub struct Killable {
    child: Child,
    stdin: ChildStdin,
    said: Receiver<String>,
    pub addr: SocketAddr,
}

impl Killable {
    pub fn start(place: &Place, manner: Manner) -> Self {
        let log = std::fs::File::options().create(true).append(true).open(place.path("killable.log")).unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "killable::a_process_to_be_killed", "--ignored", "--nocapture"])
            .current_dir(place.directory.path())
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let manner = match manner {
            Manner::Honest => "honest",
            Manner::AnswersFirst => "answers first",
            Manner::InPieces => "in pieces",
        };
        writeln!(stdin, "{manner}").unwrap();
        let (tell, said) = channel();
        let out = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            // The test harness has begun a line of its own.
            for line in out.lines().map_while(Result::ok) {
                if let Some((_, said)) = line.split_once(SIGN) {
                    let _ = tell.send(said.to_owned());
                }
            }
        });
        let addr = heard(&said, place).parse().unwrap();
        Self { child, stdin, said, addr }
    }

    pub fn arm(&mut self, plan: Plan, place: &Place) {
        writeln!(self.stdin, "{plan}").unwrap();
        assert_eq!(heard(&self.said, place), "armed");
    }

    /// Waits for a step to be named.
    pub fn step(&self, place: &Place) -> String {
        heard(&self.said, place)
    }

    /// The steps named up to the answer.
    pub fn steps(&self, place: &Place) -> Vec<String> {
        let mut steps = Vec::new();
        while steps.last().is_none_or(|step| step != ANSWERED) {
            steps.push(heard(&self.said, place));
        }
        steps
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn heard(said: &Receiver<String>, place: &Place) -> String {
    said.recv_timeout(Duration::from_mins(1)).unwrap_or_else(|_| {
        let log = std::fs::read_to_string(place.path("killable.log")).unwrap_or_default();
        panic!("the process says nothing: {log}")
    })
}
