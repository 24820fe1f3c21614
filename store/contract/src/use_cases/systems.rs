//! The company's own systems: their keys, and what they do on accounts.

use super::{Installation, PASSWORD, password, refusal, stranger};
use backend::accounts::NewAccount;
use backend::authenticate::Verdict;
use backend::installation_keys::{InstallationVerdict, IssuedInstallationKey, USE_NOTED_EVERY};
use backend::keys::RollRequest;
use backend::provisioning::Provisioned;
use backend::store::Store;
use backend::{Caller, RequestContext};
use domain::audit::{Act, Actor, Detail, Target};
use domain::{AccountId, Duration, ExpireOld, InstallationKeyState, Permission, Refusal, Scope, Standing, Timestamp};
use std::sync::Arc;

fn operator() -> RequestContext {
    RequestContext::operator("op".to_owned(), "req_operator".to_owned())
}

async fn make(here: &Installation, scopes: &[Scope]) -> IssuedInstallationKey {
    here.backend.create_installation_key(&operator(), " billing ", scopes).await.expect("makes")
}

/// What the key is answered, in a word.
async fn verdict(here: &Installation, key: &str) -> &'static str {
    match here.backend.authenticate_installation(key, None).await.expect("authenticates") {
        InstallationVerdict::Valid(_) => "valid",
        InstallationVerdict::Unknown => "unknown",
        InstallationVerdict::PrivateKey => "private",
        InstallationVerdict::PublicKey => "public",
        InstallationVerdict::Expired => "expired",
        InstallationVerdict::Revoked => "revoked",
        InstallationVerdict::TooManyFailures(_) => "limited",
    }
}

/// The context of a request with a fresh key of these scopes.
async fn system(here: &Installation, scopes: &[Scope]) -> RequestContext {
    let issued = make(here, scopes).await;
    match here.backend.authenticate_installation(issued.key.expose(), None).await.expect("authenticates") {
        InstallationVerdict::Valid(caller) => RequestContext { caller: Caller::Installation(caller), ..stranger() },
        other => panic!("not valid: {other:?}"),
    }
}

fn new(external_id: &str, email: &str) -> NewAccount {
    NewAccount {
        email: email.to_owned(),
        name: String::new(),
        external_id: Some(external_id.to_owned()),
        password: None,
    }
}

async fn provisioned(here: &Installation, system: &RequestContext) -> AccountId {
    match here.backend.provision_account(system, new("cus_1", "ada@example.org")).await.expect("makes") {
        Provisioned::Created(_, created) => created.account_id,
        Provisioned::Existing(file) => panic!("there already: {file:?}"),
    }
}

/// Made, listed, rolled and revoked, each on record under the operator's name and with the key's id.
pub async fn an_operator_makes_lists_rolls_and_revokes_installation_keys(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let first = make(&here, &[Scope::Roll, Scope::Read, Scope::Roll]).await;
    assert_eq!((first.record.name.as_str(), &*first.record.scopes), ("billing", &[Scope::Read, Scope::Roll][..]));
    assert!(first.key.expose().starts_with("installation_"));
    for (name, scopes, expected) in [
        ("", &[Scope::Read][..], Refusal::NameInvalid),
        (" \t", &[Scope::Read], Refusal::NameInvalid),
        ("two\nlines", &[Scope::Read], Refusal::NameInvalid),
        (&"x".repeat(101), &[Scope::Read], Refusal::NameInvalid),
        ("nothing", &[], Refusal::InvalidInput),
    ] {
        let refused = here.backend.create_installation_key(&operator(), name, scopes).await;
        assert_eq!(refusal(refused), Some(expected), "{name:?}");
    }
    let rolled = here.backend.roll_installation_key(&operator(), &first.record.id, ExpireOld::In24Hours).await;
    let rolled = rolled.expect("rolls");
    assert_eq!((&rolled.new.record.name, &rolled.new.record.scopes), (&first.record.name, &first.record.scopes));
    let again = here.backend.roll_installation_key(&operator(), &first.record.id, ExpireOld::In24Hours).await;
    assert_eq!(refusal(again), Some(Refusal::PairAlreadyRolled));
    here.backend.revoke_installation_key(&operator(), &rolled.new.record.id).await.expect("revokes");
    let again = here.backend.revoke_installation_key(&operator(), &rolled.new.record.id).await;
    assert_eq!(refusal(again), Some(Refusal::PairEnded));

    let listed = here.backend.list_installation_keys(&operator()).await.expect("lists");
    let states: Vec<_> = listed.keys.iter().map(|key| (key.id.clone(), key.life.state(listed.now).as_str())).collect();
    assert_eq!(states, [(rolled.new.record.id.clone(), "revoked"), (first.record.id.clone(), "expiring")]);

    let (old, new) = (Target::InstallationKey(first.record.id), Target::InstallationKey(rolled.new.record.id));
    let expires_at = Some(here.backend.now().plus(Duration::hours(24)));
    for (act, targets, detail) in [
        (Act::InstallationKeyCreate, vec![old.clone()], None),
        (
            Act::InstallationKeyRoll,
            vec![old, new.clone()],
            Some(Detail::Roll { expire_old: ExpireOld::In24Hours, expires_at, reason: None, message: None }),
        ),
        (Act::InstallationKeyRevoke, vec![new], None),
    ] {
        let records = here.records(act).await;
        assert_eq!(records.len(), 1, "{act:?}");
        assert_eq!((&records[0].targets, &records[0].detail, &records[0].account_id), (&targets, &detail, &None));
        assert_eq!(records[0].actor, Actor::Operator { name: "op".to_owned() });
    }
}

/// Neither people nor admins nor systems themselves, and a system that may do everything may not either.
pub async fn nobody_but_an_operator_handles_installation_keys(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let key = make(&here, &[Scope::Read]).await.record.id;
    let ada = here.owner("ada@example.org").await;
    here.backend.create_admin(&operator(), "grace@example.org", Some(password(PASSWORD))).await.expect("makes");
    let opened = here.backend.sign_in(&stranger(), "grace@example.org", password(PASSWORD)).await.expect("signs in");
    let admin = here.context_of(&opened).await.as_admin().expect("an admin");
    let system = system(&here, &Scope::ALL).await;
    let before = here.store.list_installation_keys().await.expect("reads");
    for (context, expected) in [
        (stranger(), Refusal::SignedOut),
        (ada.context, Refusal::NotAllowed),
        (admin, Refusal::NotAllowed),
        (system, Refusal::NotAllowed),
    ] {
        let made = here.backend.create_installation_key(&context, "mine", &[Scope::Read]).await;
        assert_eq!(refusal(made), Some(expected));
        assert_eq!(refusal(here.backend.list_installation_keys(&context).await), Some(expected));
        let rolled = here.backend.roll_installation_key(&context, &key, ExpireOld::Immediately).await;
        assert_eq!(refusal(rolled), Some(expected));
        assert_eq!(refusal(here.backend.revoke_installation_key(&context, &key).await), Some(expected));
    }
    assert_eq!(here.store.list_installation_keys().await.expect("reads"), before);
}

/// To the very millisecond, and no clock that steps back revives it once it was told.
pub async fn an_installation_key_works_until_its_end(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let start = here.backend.now();
    let first = make(&here, &[Scope::Read]).await;
    assert_eq!(verdict(&here, first.key.expose()).await, "valid");
    let rolled = here.backend.roll_installation_key(&operator(), &first.record.id, ExpireOld::In1Hour).await;
    let new = rolled.expect("rolls").new;
    let end = start.plus(Duration::hours(1));
    here.set_clock(Timestamp::from_millis(end.as_millis() - 1));
    assert_eq!(verdict(&here, first.key.expose()).await, "valid");
    here.set_clock(end);
    assert_eq!(verdict(&here, first.key.expose()).await, "expired");
    here.set_clock(start);
    assert_eq!(verdict(&here, first.key.expose()).await, "expired");
    assert_eq!(verdict(&here, new.key.expose()).await, "valid");

    here.backend.revoke_installation_key(&operator(), &new.record.id).await.expect("revokes");
    assert_eq!(verdict(&here, new.key.expose()).await, "revoked");
    here.set_clock(Timestamp::from_millis(0));
    assert_eq!(verdict(&here, new.key.expose()).await, "revoked");

    // Once it stands in a list as expired, it is.
    let third = make(&here, &[Scope::Read]).await;
    here.backend.roll_installation_key(&operator(), &third.record.id, ExpireOld::In1Hour).await.expect("rolls");
    here.set_clock(end);
    let listed = here.backend.list_installation_keys(&operator()).await.expect("lists");
    let listed = listed.keys.iter().find(|key| key.id == third.record.id).expect("listed");
    assert!(matches!(listed.life.state(end), InstallationKeyState::Expired { .. }));
    here.set_clock(Timestamp::from_millis(0));
    assert_eq!(verdict(&here, third.key.expose()).await, "expired");
}

/// The two kinds of key are never taken for each other, and the answer says which it is.
pub async fn keys_of_accounts_and_of_systems_do_not_stand_in_for_each_other(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let ada = here.owner("ada@example.org").await;
    let issued = make(&here, &Scope::ALL).await;
    assert_eq!(verdict(&here, &ada.key).await, "private");
    let keys = here.backend.list_keys(&ada.context, &ada.account).await.expect("lists");
    assert_eq!(verdict(&here, keys.pairs[0].public_key.as_str()).await, "public");
    let swapped = ada.key.replace("private_", "installation_");
    for text in ["", "installation_", issued.record.id.as_str(), &issued.key.expose()[..40], &swapped] {
        assert_eq!(verdict(&here, text).await, "unknown", "{text:?}");
    }
    let told = here.backend.authenticate(issued.key.expose()).await.expect("authenticates");
    assert_eq!(told, Verdict::Installation);
    let swapped = issued.key.expose().replace("installation_", "private_");
    assert_eq!(here.backend.authenticate(&swapped).await.expect("authenticates"), Verdict::Unknown);
}

/// Once an hour at most, also after a clock that stepped back.
pub async fn the_last_use_of_an_installation_key_is_noted_to_the_hour(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let issued = make(&here, &[Scope::Read]).await;
    let start = here.backend.now();
    let later = start.plus(USE_NOTED_EVERY);
    let just_before = Timestamp::from_millis(later.as_millis() - 1);
    let earlier = Timestamp::from_millis(start.as_millis() - 5);
    assert_eq!(here.store.list_installation_keys().await.expect("reads")[0].last_used_at, None);
    for (now, noted) in [(start, start), (just_before, start), (later, later), (earlier, earlier)] {
        here.set_clock(now);
        assert_eq!(verdict(&here, issued.key.expose()).await, "valid");
        assert_eq!(here.store.list_installation_keys().await.expect("reads")[0].last_used_at, Some(noted));
    }
}

/// Every scope and every two of them, against every permission, on an account that is there.
pub async fn a_system_may_what_its_scopes_say(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let ada = here.owner("ada@example.org").await;
    for one in Scope::ALL {
        for other in Scope::ALL {
            let system = system(&here, &[one, other]).await;
            for permission in Permission::ALL.iter().copied() {
                let may = Standing::System(one).may(permission) || Standing::System(other).may(permission);
                let expected = (!may).then_some(Refusal::NotAllowed);
                assert_eq!(refusal(system.authorize_everywhere(permission)), expected, "{one:?} {permission:?}");
                assert_eq!(refusal(system.authorize(&ada.account, permission)), expected, "{one:?} {permission:?}");
            }
            assert_eq!(refusal(system.as_admin()), Some(Refusal::SignedOut));
        }
    }
}

/// A repeat answers the account as it is, whatever it is called by then, and makes nothing.
pub async fn an_account_is_provisioned_once_for_each_external_id(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let system = system(&here, &[Scope::Provision]).await;
    let ask =
        async |external_id: &str, email: &str| here.backend.provision_account(&system, new(external_id, email)).await;
    let account = provisioned(&here, &system).await;
    match ask("cus_1", " Ada@Example.org").await.expect("answers") {
        Provisioned::Existing(file) => assert_eq!(file.keys.account.id, account),
        Provisioned::Created(..) => panic!("made twice"),
    }
    // The owner has another address by now, and so has the company's own book.
    for email in ["ada@example.com", "eve@example.org"] {
        match ask("cus_1", email).await.expect("answers") {
            Provisioned::Existing(file) => assert_eq!((file.keys.account.id, file.members.len()), (account.clone(), 1)),
            Provisioned::Created(..) => panic!("made twice"),
        }
    }
    assert_eq!(refusal(ask("cus_2", "ada@example.org").await), Some(Refusal::EmailTaken));
    assert_eq!(refusal(ask("", "eve@example.org").await), Some(Refusal::ExternalIdInvalid));
    assert_eq!(refusal(ask("cus_2", "nobody").await), Some(Refusal::EmailInvalid));
    let without = NewAccount { external_id: None, ..new("", "eve@example.org") };
    assert_eq!(refusal(here.backend.provision_account(&system, without).await), Some(Refusal::ExternalIdInvalid));

    let records = here.records(Act::AccountCreate).await;
    assert_eq!(records.len(), 1);
    assert!(matches!(&records[0].actor, Actor::Installation { name, .. } if name == "billing"));
    assert_eq!(records[0].account_id, Some(account));
    assert_eq!(here.records(Act::AccountCreateRefused).await.len(), 4);
}

/// Under no account, and with the name of the key: one in the wrong hands shows.
pub async fn what_a_systems_key_is_not_for_is_on_record(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let system = system(&here, &[Scope::Read]).await;
    let ada = here.owner("ada@example.org").await;
    let request =
        || RollRequest { reason: Some("mine".to_owned()), ..here.request(&ada, &ada.pair, ExpireOld::Immediately) };
    let backend = &here.backend;
    let answers = [
        refusal(backend.provision_account(&system, new("cus_1", "eve@example.org")).await),
        refusal(backend.provision_disabled(&system, &ada.account, true, "mine").await),
        refusal(backend.provision_disabled(&system, &ada.account, false, "mine").await),
        refusal(backend.provision_roll(&system, request()).await),
    ];
    assert_eq!(answers, [Some(Refusal::NotAllowed); 4]);
    for act in [Act::AccountCreateRefused, Act::AccountDisableRefused, Act::AccountEnableRefused, Act::KeyRollRefused] {
        let records = here.records(act).await;
        assert_eq!(records.len(), 1, "{act:?}");
        assert!(matches!(&records[0].actor, Actor::Installation { name, .. } if name == "billing"));
        assert_eq!(records[0].account_id, None);
        assert_eq!(records[0].detail, Some(Detail::Refusal { code: Refusal::NotAllowed }));
    }
}

/// Twenty at once with one external id and one address: one makes it, the others are answered the very same account.
pub async fn of_twenty_provisionings_at_once_one_makes_the_account(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let system = system(&here, &[Scope::Provision]).await;
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let (here, system) = (here.clone(), system.clone());
            tokio::spawn(async move {
                match here.backend.provision_account(&system, new("cus_1", "ada@example.org")).await.expect("answers") {
                    Provisioned::Created(file, _) => (true, file.keys.account.id),
                    Provisioned::Existing(file) => (false, file.keys.account.id),
                }
            })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.expect("runs"));
    }
    assert_eq!(answers.iter().filter(|(made, _)| *made).count(), 1);
    assert!(answers.iter().all(|(_, account)| *account == answers[0].1));
    assert_eq!(here.records(Act::AccountCreate).await.len(), 1);
}

/// On record with the reason the first time, and nothing the second.
pub async fn a_system_disables_an_account_once(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let system = system(&here, &[Scope::Provision]).await;
    let account = provisioned(&here, &system).await;
    for (disabled, act) in [(true, Act::AccountDisable), (false, Act::AccountEnable)] {
        for _ in 0..2 {
            let file = here.backend.provision_disabled(&system, &account, disabled, "unpaid").await.expect("answers");
            assert_eq!(file.keys.account.disabled_at.is_some(), disabled);
        }
        let records = here.records(act).await;
        assert_eq!(records.len(), 1);
        assert_eq!(records[0].detail, Some(Detail::Reason { reason: "unpaid".to_owned() }));
        assert!(matches!(&records[0].actor, Actor::Installation { .. }));
    }
    let unknown = AccountId::mint(here.backend.now(), &backend::OsEntropy);
    let missing = here.backend.provision_disabled(&system, &unknown, true, "").await;
    assert_eq!(refusal(missing), Some(Refusal::NotFound));
}

/// With a reason, which the owner reads, and under no name of ours: the record has the key's.
pub async fn a_system_rolls_and_the_owner_reads_why(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let system = system(&here, &[Scope::Roll]).await;
    let ada = here.owner("ada@example.org").await;
    for reason in [None, Some(" ")] {
        let request =
            RollRequest { reason: reason.map(str::to_owned), ..here.request(&ada, &ada.pair, ExpireOld::Immediately) };
        assert_eq!(refusal(here.backend.provision_roll(&system, request).await), Some(Refusal::ReasonMissing));
    }
    // An account that is not there answers so to everybody who may act on every account, and can have no records.
    let unknown = AccountId::mint(here.backend.now(), &backend::OsEntropy);
    for context in [&system, &operator()] {
        let request = RollRequest {
            account_id: unknown.clone(),
            reason: Some("leaked".to_owned()),
            ..here.request(&ada, &ada.pair, ExpireOld::Immediately)
        };
        assert_eq!(refusal(here.backend.provision_roll(context, request).await), Some(Refusal::NotFound));
    }
    let refused = here.records(Act::KeyRollRefused).await;
    assert_eq!(refused.iter().filter(|record| record.account_id.is_none()).count(), 2);
    let reason = Some("found by the scanner".to_owned());
    let request = RollRequest { reason: reason.clone(), ..here.request(&ada, &ada.pair, ExpireOld::Immediately) };
    let rolled = here.backend.provision_roll(&system, request).await.expect("rolls");
    assert_eq!(rolled.old.id, ada.pair);
    assert_eq!(here.backend.authenticate(&ada.key).await.expect("authenticates"), Verdict::Revoked);
    let keys = here.backend.list_keys(&ada.context, &ada.account).await.expect("lists");
    let latest = keys.latest_roll.expect("a roll");
    assert_eq!((latest.rolled_by.as_str(), latest.reason), ("a system of this service", reason));
    let records = here.records(Act::KeyRoll).await;
    assert!(matches!(&records[0].actor, Actor::Installation { name, .. } if name == "billing"));
}
