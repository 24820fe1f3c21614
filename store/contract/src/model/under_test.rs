//! The use cases, on a real database that is opened and closed: what the reference is compared with.

use super::reference::{Account, Answer, Installation, PairFacts, Record, Rolled};
use super::steps::{Act, End, Look, Named, Pair, Press, Step, Who};
use super::{Database, Life};
use crate::use_cases::{SetClock, refusal, stranger};
use crate::world::{Counting, NOW};
use backend::accounts::NewAccount;
use backend::authenticate::Verdict;
use backend::keys::{RollRequest, Rolled as Answered};
use backend::store::Store;
use backend::{Backend, Caller, Policy, RequestContext, Seat, SignedIn, installation};
use domain::audit::{Detail, Event, Target};
use domain::{AccountId, ExpireOld, KeyPair, KeyPairState, PairId, Role, SessionId, SubmissionId, Timestamp, UserId};
use proptest_state_machine::StateMachineTest;
use std::collections::BTreeSet;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// A running installation, and what somebody who made everything in it remembers.
pub struct Running<D> {
    runtime: Runtime,
    /// `None` only between the end of one process and the start of the next.
    open: Option<Open>,
    database: D,
    secrets: TempDir,
    clock: Arc<SetClock>,
    entropy: Arc<Counting>,
    accounts: Vec<Known>,
    /// Pairs that somebody has seen dead. None of them may ever work again.
    seen_dead: BTreeSet<String>,
    last_event: Event,
}

struct Open {
    store: Arc<dyn Store>,
    backend: Backend,
}

/// An account as its maker remembers it.
struct Known {
    id: AccountId,
    user: UserId,
    email: String,
    pairs: Vec<KnownPair>,
    presses: Vec<SubmissionId>,
}

struct KnownPair {
    id: PairId,
    public: String,
    private: String,
}

impl<D: Database> StateMachineTest for Life<D> {
    type SystemUnderTest = Running<D>;
    type Reference = Self;

    fn init_test(_: &Installation) -> Running<D> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let database = runtime.block_on(D::create());
        let secrets = tempfile::tempdir().expect("a directory");
        let clock = Arc::new(SetClock::at(NOW));
        let entropy = Arc::new(Counting::default());
        let (open, first, last_event) = runtime.block_on(async {
            let open = open(&database, &secrets, &clock, &entropy).await;
            let first = open.create_account(0).await;
            let mut events = open.store.list_events(None, 2).await.expect("reads");
            (open, first, events.remove(0))
        });
        let accounts = vec![first];
        let seen_dead = BTreeSet::new();
        Running { runtime, open: Some(open), database, secrets, clock, entropy, accounts, seen_dead, last_event }
    }

    fn apply(mut running: Running<D>, expected: &Installation, step: Step) -> Running<D> {
        running.clock.set(Timestamp::from_millis(expected.acted_at));
        if matches!(step.act, Act::Restart) {
            running.restart();
        }
        let Running { runtime, open: Some(open), accounts, clock, seen_dead, last_event, .. } = &mut running else {
            panic!("not running");
        };
        runtime.block_on(async {
            let answer = open.act(accounts, &step.act).await;
            assert_eq!(answer, expected.answer, "the answer to {:?}", step.act);
            let [first, others @ ..] = step.first.order();
            clock.set(Timestamp::from_millis(expected.first_at));
            open.look(first, accounts, expected, expected.first_at, seen_dead).await;
            clock.set(Timestamp::from_millis(expected.now));
            for look in others {
                open.look(look, accounts, expected, expected.now, seen_dead).await;
            }
            open.check_sealed_keys(accounts, expected).await;
            *last_event = open.check_records(accounts, expected, last_event).await;
        });
        running
    }

    /// Whatever a sequence ends with is still so after one more start.
    fn teardown(mut running: Running<D>, expected: Installation) {
        running.restart();
        let Running { runtime, open: Some(open), accounts, seen_dead, .. } = &mut running else {
            panic!("not running");
        };
        runtime.block_on(async {
            open.look(Look::Keys, accounts, &expected, expected.now, seen_dead).await;
            open.look(Look::Lists, accounts, &expected, expected.now, seen_dead).await;
        });
    }
}

impl<D: Database> Running<D> {
    /// Drops everything that knows the database, and opens it again with the same master key file.
    fn restart(&mut self) {
        drop(self.open.take());
        let Self { runtime, database, secrets, clock, entropy, .. } = &*self;
        self.open = Some(runtime.block_on(open(database, secrets, clock, entropy)));
    }
}

async fn open(database: &impl Database, secrets: &TempDir, clock: &Arc<SetClock>, entropy: &Arc<Counting>) -> Open {
    let store = database.open().await;
    let path = secrets.path().join("master.key");
    let sealer = installation::open_installation(&*store, &**clock, &**entropy, &path).await.expect("opens");
    let clock: Arc<dyn backend::Clock> = Arc::<SetClock>::clone(clock);
    let entropy: Arc<dyn domain::Entropy> = Arc::<Counting>::clone(entropy);
    Open { backend: Backend::new(Arc::clone(&store), clock, entropy, sealer, Policy::default()), store }
}

impl Open {
    /// Does what the step says, and answers in the reference's words.
    async fn act(&self, accounts: &mut Vec<Known>, act: &Act) -> Answer {
        match act {
            Act::Nothing | Act::Restart => Answer::Done,
            Act::Create => {
                let account = self.create_account(accounts.len()).await;
                accounts.push(account);
                Answer::Done
            }
            Act::Roll { account, pair, end, press, who } => {
                self.roll(accounts, *account, *pair, *end, *press, *who).await
            }
            &Act::Revoke(Pair(account, pair), who) => {
                let (context, it) = (self.context(&accounts[account], who), &accounts[account]);
                done(self.backend.revoke(&context, &it.id, &it.pairs[pair].id, None).await)
            }
            &Act::Reveal(name, who) => self.reveal(accounts, name, who).await,
            &Act::List(account, who) => {
                let (context, it) = (self.context(&accounts[account], who), &accounts[account]);
                done(self.backend.list_keys(&context, &it.id).await)
            }
            &Act::Use(Pair(account, pair)) => {
                done(self.backend.authenticate(&accounts[account].pairs[pair].private).await)
            }
            Act::Sweep => Answer::Destroyed(self.backend.sweep().await.expect("sweeps")),
            Act::Disable(account) => self.set_disabled(&accounts[*account], Some(self.backend.now())).await,
            Act::Enable(account) => self.set_disabled(&accounts[*account], None).await,
        }
    }

    async fn create_account(&self, number: usize) -> Known {
        let email = format!("owner{number}@example.org");
        // Without a password, so that no sequence pays for hashing one.
        let new = NewAccount { email: email.clone(), name: String::new(), external_id: None, password: None };
        let made = self.backend.create_account(&operator(), new).await.expect("creates");
        let first = made.first_pair;
        let pair = KnownPair {
            id: first.pair.id,
            public: first.pair.public_key.as_str().to_owned(),
            private: first.private_key.expose().to_owned(),
        };
        Known { id: made.account_id, user: made.user_id, email, pairs: vec![pair], presses: Vec::new() }
    }

    /// An owner is somebody who has given their password just now, as the middleware would find them.
    fn context(&self, account: &Known, who: Who) -> RequestContext {
        let now = self.backend.now();
        match who {
            Who::Operator => operator(),
            Who::Owner => RequestContext {
                caller: Caller::Person(SignedIn {
                    session_id: SessionId::mint(now, &Counting::default()),
                    user_id: account.user.clone(),
                    email: account.email.clone(),
                    seat: Some(Seat { account_id: account.id.clone(), role: Role::Owner }),
                    admin: false,
                    password_at: now,
                }),
                ..stranger()
            },
        }
    }

    async fn roll(
        &self,
        accounts: &mut [Known],
        account: usize,
        named: Named,
        end: End,
        press: Press,
        who: Who,
    ) -> Answer {
        let pair_id = match named {
            Named::Active => None,
            Named::Own(pair) => Some(accounts[account].pairs[pair].id.clone()),
            Named::Foreign(Pair(of, pair)) => Some(accounts[of].pairs[pair].id.clone()),
        };
        let context = self.context(&accounts[account], who);
        let it = &mut accounts[account];
        let submission_id = match press {
            Press::Fresh => self.backend.mint_submission(),
            Press::Again(press) => it.presses[press].clone(),
        };
        let request = RollRequest {
            account_id: it.id.clone(),
            pair_id,
            expire_old: choice(end, self.backend.now()),
            reason: None,
            message: None,
            submission_id: submission_id.clone(),
            password: None,
        };
        match self.backend.roll(&context, request).await {
            Ok(Answered::Done { new, old }) => {
                it.pairs.push(KnownPair {
                    id: new.pair.id,
                    public: new.pair.public_key.as_str().to_owned(),
                    private: new.private_key.expose().to_owned(),
                });
                it.presses.push(submission_id);
                Answer::Rolled(Rolled { old: it.index(&old.id), new: it.pairs.len() - 1 })
            }
            Ok(Answered::Already { new, old }) => {
                Answer::RolledBefore(Rolled { old: it.index(&old.id), new: it.index(&new.id) })
            }
            refused => Answer::Refused(refusal(refused).expect("refused")),
        }
    }

    /// The key that is revealed is the key that was issued, and belongs to the same public key.
    async fn reveal(&self, accounts: &[Known], Pair(account, pair): Pair, who: Who) -> Answer {
        let it = &accounts[account];
        let known = &it.pairs[pair];
        let answer = self.backend.reveal(&self.context(it, who), &it.id, Some(&known.id), None).await;
        if let Ok(revealed) = &answer {
            assert_eq!(revealed.private_key.expose(), known.private);
            assert_eq!(revealed.pair.public_key.as_str(), known.public);
        }
        done(answer)
    }

    async fn set_disabled(&self, account: &Known, at: Option<Timestamp>) -> Answer {
        let mut tx = self.store.begin_write().await.expect("begins");
        tx.set_account_disabled(&account.id, at).await.expect("changes");
        tx.commit().await.expect("commits");
        Answer::Done
    }

    async fn look(
        &self,
        look: Look,
        accounts: &[Known],
        expected: &Installation,
        now: i64,
        seen_dead: &mut BTreeSet<String>,
    ) {
        match look {
            Look::Lists => {
                for (known, account) in accounts.iter().zip(&expected.accounts) {
                    self.check_list(known, account, now, seen_dead).await;
                }
            }
            Look::Keys => {
                for (Pair(account, pair), facts) in expected.pairs() {
                    let disabled = expected.accounts[account].disabled;
                    self.check_key(&accounts[account], pair, facts, disabled, now).await;
                }
            }
            Look::Reveals => {
                for (name, facts) in expected.pairs() {
                    let revealed = self.reveal(accounts, name, Who::Owner).await == Answer::Done;
                    assert_eq!(revealed, facts.works(now), "revealing {name:?}");
                }
            }
        }
    }

    async fn check_list(&self, known: &Known, account: &Account, now: i64, seen_dead: &mut BTreeSet<String>) {
        let keys = self.backend.list_keys(&self.context(known, Who::Owner), &known.id).await.expect("lists");
        assert_eq!(keys.account.disabled_at.is_some(), account.disabled);
        let latest = keys.latest_roll.map(|roll| (roll.old_pair_id, roll.new_pair_id));
        let expected = account.presses.last();
        assert_eq!(latest, expected.map(|roll| (known.pairs[roll.old].id.clone(), known.pairs[roll.new].id.clone())));
        let listed: Vec<&KeyPair> = keys.pairs.iter().rev().collect();
        assert_eq!(listed.len(), account.pairs.len(), "the pairs listed");
        for ((pair, facts), known) in listed.iter().zip(&account.pairs).zip(&known.pairs) {
            assert_eq!((&pair.id, pair.public_key.as_str()), (&known.id, known.public.as_str()));
            assert_eq!(pair.state(keys.now), state(facts, now), "the state listed for {:?}", pair.id);
        }
        let states = || listed.iter().map(|pair| (pair.id.as_str(), pair.state(keys.now)));
        assert_eq!(states().filter(|(_, state)| *state == KeyPairState::Active).count(), 1, "active pairs");
        assert!(states().filter(|(_, state)| state.works()).count() <= 5, "more than five pairs work");
        assert!(!states().any(|(id, state)| state.works() && seen_dead.contains(id)), "a dead pair works");
        seen_dead.extend(states().filter(|(_, state)| !state.works()).map(|(id, _)| id.to_owned()));
    }

    /// What a program is told agrees with what a person is told, and both halves of the pair share it.
    async fn check_key(&self, known: &Known, pair: usize, facts: &PairFacts, disabled: bool, now: i64) {
        let KnownPair { id, public, private } = &known.pairs[pair];
        let verdict = self.backend.authenticate(private).await.expect("authenticates");
        let told = match &verdict {
            Verdict::Valid(whose) => {
                assert_eq!((&whose.account_id, &whose.pair_id), (&known.id, id));
                assert_eq!((whose.public_key.as_str(), whose.state), (public.as_str(), state(facts, now)));
                "valid"
            }
            Verdict::Expired => "expired",
            Verdict::Revoked => "revoked",
            Verdict::AccountDisabled => "disabled",
            Verdict::Unknown | Verdict::Public | Verdict::Installation => "unknown",
            Verdict::TooManyFailures(_) => "limited",
        };
        let expected = match (facts.works(now), facts.revoked, disabled) {
            (true, _, true) => "disabled",
            (true, _, false) => "valid",
            (false, Some(_), _) => "revoked",
            (false, None, _) => "expired",
        };
        assert_eq!(told, expected, "using the key of {id:?}");
        assert_eq!(self.backend.authenticate(public).await.expect("authenticates"), Verdict::Public);
    }

    /// A sealed key is there until the sweep has seen its pair dead, and gone from then on.
    async fn check_sealed_keys(&self, accounts: &[Known], expected: &Installation) {
        let mut tx = self.store.begin_write().await.expect("begins");
        for (Pair(account, pair), facts) in expected.pairs() {
            let id = &accounts[account].pairs[pair].id;
            let sealed = tx.find_sealed_key(id).await.expect("reads");
            assert_eq!(sealed.is_none(), facts.destroyed, "whether the sealed key of {id:?} is destroyed");
        }
    }

    /// Every act has left its one record, and nothing else has left any. Answers the newest.
    async fn check_records(&self, accounts: &[Known], expected: &Installation, last: &Event) -> Event {
        let new = expected.records.len();
        let limit = u32::try_from(new + 1).expect("few");
        let events = self.store.list_events(None, limit).await.expect("reads");
        let mut found: Vec<Record> =
            events.iter().take_while(|event| event.id != last.id).map(|event| record(accounts, event)).collect();
        let mut expected = expected.records.clone();
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "the records of the step");
        assert_eq!(events.last(), Some(last), "an old record");
        events.into_iter().next().expect("the first account has left a record")
    }
}

impl Known {
    #[track_caller]
    fn index(&self, id: &PairId) -> usize {
        self.pairs.iter().position(|pair| pair.id == *id).expect("a pair of this account")
    }
}

fn operator() -> RequestContext {
    RequestContext::operator("op".to_owned(), "req_model".to_owned())
}

fn done<T>(answer: backend::Result<T>) -> Answer {
    refusal(answer).map_or(Answer::Done, Answer::Refused)
}

fn choice(end: End, now: Timestamp) -> ExpireOld {
    match end {
        End::Immediately => ExpireOld::Immediately,
        End::In1Hour => ExpireOld::In1Hour,
        End::In24Hours => ExpireOld::In24Hours,
        End::In3Days => ExpireOld::In3Days,
        End::In7Days => ExpireOld::In7Days,
        End::Ahead(millis) => ExpireOld::At(Timestamp::from_millis(now.as_millis() + millis)),
    }
}

/// The state that these facts come to.
fn state(facts: &PairFacts, now: i64) -> KeyPairState {
    let at = Timestamp::from_millis;
    match (facts.revoked, facts.end) {
        (Some(since), _) => KeyPairState::Revoked { since: at(since) },
        (None, None) => KeyPairState::Active,
        (None, Some(end)) if facts.works(now) => KeyPairState::Expiring { until: at(end) },
        (None, Some(end)) => KeyPairState::Expired { since: at(end) },
    }
}

fn record(accounts: &[Known], event: &Event) -> Record {
    let account = event.account_id.as_ref().and_then(|id| accounts.iter().position(|account| account.id == *id));
    let name = |id: &PairId| {
        let of = |(account, known): (usize, &Known)| {
            known.pairs.iter().position(|pair| pair.id == *id).map(|pair| Pair(account, pair))
        };
        accounts.iter().enumerate().find_map(of).expect("a known pair")
    };
    let pairs = event.targets.iter().filter_map(|target| match target {
        Target::Pair(id) => Some(name(id)),
        _ => None,
    });
    let (ends, refusal) = match &event.detail {
        Some(Detail::Roll { expires_at, .. }) => (*expires_at, None),
        Some(Detail::Expiry { expires_at }) => (Some(*expires_at), None),
        Some(Detail::Refusal { code }) => (None, Some(code.code())),
        None => (None, None),
        Some(other) => panic!("a detail nobody asked for: {other:?}"),
    };
    Record {
        act: event.act.as_str(),
        account: account.expect("a known account"),
        pairs: pairs.collect(),
        actor: event.actor.kind().as_str(),
        at: event.at.as_millis(),
        ends: ends.map(Timestamp::as_millis),
        refusal,
    }
}
