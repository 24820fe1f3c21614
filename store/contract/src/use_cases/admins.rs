//! Admins: who they are, and what they do on accounts that are not theirs.

use super::{Installation, Owner, PASSWORD, done, password, refusal, stranger};
use backend::authenticate::Verdict;
use backend::console::{Broken, Found, PAGE};
use backend::keys::RollRequest;
use backend::store::{AccountQuery, Store};
use backend::{Caller, RequestContext, SignedIn};
use domain::audit::{Act, Actor, Detail, Target};
use domain::{Duration, ExpireOld, InstallationKey, Permission, Refusal, Scope, Standing, SubmissionId};
use std::sync::Arc;

pub(super) const GRACE: &str = "grace@example.com";
pub(super) const REASON: &str = "leaked on a public repository";

pub(super) fn operator() -> RequestContext {
    RequestContext::operator("op".to_owned(), "req_operator".to_owned())
}

/// Somebody who is an admin and in no account, signed in; and the context in which they act on accounts.
pub(super) async fn admin(here: &Installation, email: &str) -> (RequestContext, RequestContext) {
    here.backend.create_admin(&operator(), email, Some(password(PASSWORD))).await.expect("makes");
    let opened = here.backend.sign_in(&stranger(), email, password(PASSWORD)).await.expect("signs in");
    let own = here.context_of(&opened).await;
    let acting = own.as_admin().expect("an admin");
    (own, acting)
}

fn request(here: &Installation, owner: &Owner, reason: Option<&str>) -> RollRequest {
    RollRequest { reason: reason.map(str::to_owned), ..here.request(owner, &owner.pair, ExpireOld::Immediately) }
}

/// Made by an operator, on record, in no account; no second time; and no more once removed, in the same session.
pub async fn an_operator_makes_lists_and_removes_admins(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let created = here.backend.create_admin(&operator(), GRACE, None).await.expect("makes");
    let link = created.password_link.expect("nobody new has a password").expose();
    here.backend.set_password(&stranger(), &link, password(PASSWORD)).await.expect("sets");
    let opened = here.backend.sign_in(&stranger(), GRACE, password(PASSWORD)).await.expect("signs in");
    let grace = here.context_of(&opened).await;
    assert_eq!(grace.person().expect("signed in").seat, None);
    assert!(grace.as_admin().is_ok());
    assert_eq!(refusal(here.backend.create_admin(&operator(), GRACE, None).await), Some(Refusal::AdminAlready));

    // Somebody who is here already keeps their account and their password.
    let ada = here.owner("ada@example.org").await;
    let taken = here.backend.create_admin(&operator(), &ada.email, Some(password("another sextant 9 umbrella"))).await;
    assert_eq!(refusal(taken), Some(Refusal::EmailTaken));
    let created = here.backend.create_admin(&operator(), &ada.email, None).await.expect("makes");
    assert!(created.password_link.is_none());
    let listed = here.backend.list_admins(&operator()).await.expect("lists");
    let listed: Vec<_> = listed.iter().map(|admin| (admin.email.as_str(), admin.created_by.as_str())).collect();
    assert_eq!(listed, [(GRACE, "op"), ("ada@example.org", "op")]);
    assert_eq!(here.records(Act::AdminCreate).await.len(), 2);

    here.backend.remove_admin(&operator(), GRACE).await.expect("removes");
    assert_eq!(refusal(here.backend.remove_admin(&operator(), GRACE).await), Some(Refusal::NotFound));
    let still = here.backend.find_signed_in(&opened.session).await.expect("reads").expect("lives");
    assert_eq!((still.seat, still.admin), (None, false), "in no account, and no admin");
    let again = here.backend.sign_in(&stranger(), GRACE, password(PASSWORD)).await.expect("still somebody");
    assert!(here.context_of(&again).await.as_admin().is_err());
    let record = &here.records(Act::AdminRemove).await[0];
    assert_eq!(record.targets, [Target::Person(created_id(&here, GRACE).await)]);
    for context in [&ada.context, &stranger(), &here.fresh(&ada).context] {
        assert!(refusal(here.backend.create_admin(context, "eve@example.org", None).await).is_some());
        assert!(refusal(here.backend.list_admins(context).await).is_some());
        assert!(refusal(here.backend.remove_admin(context, &ada.email).await).is_some());
    }
}

async fn created_id(here: &Installation, email: &str) -> domain::UserId {
    let email = domain::Email::parse(email).expect("an address");
    here.store.find_person_by_email(&email).await.expect("reads").expect("is here").id
}

/// Whoever is no admin is told that there is nothing; and an admin has nothing more on the pages of members.
pub async fn nobody_but_an_admin_acts_on_other_accounts(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let ada = here.owner("ada@example.org").await;
    let eve = here.owner("eve@example.org").await;
    let (own, _) = admin(&here, GRACE).await;
    assert_eq!(refusal(eve.context.as_admin()), Some(Refusal::NotFound));
    assert_eq!(refusal(stranger().as_admin()), Some(Refusal::SignedOut));
    let person = created_id(&here, "ada@example.org").await;
    // An admin's context that was not asked for with `as_admin` is a member's like any other.
    for (context, expected) in
        [(&eve.context, Refusal::NotFound), (&own, Refusal::NotFound), (&stranger(), Refusal::SignedOut)]
    {
        let answers = [
            refusal(here.backend.identify(context, "ada").await),
            refusal(here.backend.list_accounts(context, &AccountQuery::default()).await),
            refusal(here.backend.open_file(context, &ada.account).await),
            refusal(here.backend.roll_for(context, request(&here, &ada, Some(REASON))).await),
            refusal(here.backend.set_account_disabled(context, &ada.account, true, REASON, None).await),
            refusal(here.backend.end_sessions_of(context, &ada.account, &person, None).await),
            refusal(here.backend.list_keys(context, &ada.account).await),
            refusal(here.backend.revoke(context, &ada.account, &ada.pair, None).await),
        ];
        assert_eq!(answers, [Some(expected); 8], "{context:?}");
    }
    assert!(matches!(here.backend.authenticate(&ada.key).await, Ok(Verdict::Valid(_))));
}

/// The table of roles holds in the use cases: what an admin may, they may on any account, and never more.
pub async fn an_admin_may_what_the_table_says(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let ada = here.owner("ada@example.org").await;
    let (_, grace) = admin(&here, GRACE).await;
    for permission in Permission::ALL {
        let may = Standing::Admin.may(*permission);
        assert_eq!(refusal(grace.authorize(&ada.account, *permission)).is_none(), may, "{permission:?}");
        assert_eq!(refusal(grace.authorize_everywhere(*permission)).is_none(), may, "{permission:?}");
    }
    let revealed = here.backend.reveal(&grace, &ada.account, Some(&ada.pair), Some(&password(PASSWORD))).await;
    assert_eq!(refusal(revealed), Some(Refusal::NotAllowed));
    assert_eq!(refusal(here.backend.list_keys(&grace, &ada.account).await), None);
}

/// The keys roll, the reason is kept without keys in it, the owner reads who it was, and nobody is told the new key.
pub async fn an_admin_rolls_for_an_account_and_the_owner_reads_why(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let ada = here.owner("ada@example.org").await;
    let (_, grace) = admin(&here, GRACE).await;
    for reason in [None, Some(""), Some(" \n")] {
        let refused = here.backend.roll_for(&grace, request(&here, &ada, reason)).await;
        assert_eq!(refusal(refused), Some(Refusal::ReasonMissing));
    }
    let long = "x".repeat(501);
    let refused = here.backend.roll_for(&grace, request(&here, &ada, Some(&long))).await;
    assert_eq!(refusal(refused), Some(Refusal::ReasonTooLong));

    let reason = format!("{REASON}: {}", ada.key);
    let rolled = here.backend.roll_for(&grace, request(&here, &ada, Some(&reason))).await.expect("rolls");
    assert!(!format!("{rolled:?}").contains("private_"));
    assert!(matches!(here.backend.authenticate(&ada.key).await, Ok(Verdict::Revoked)));
    let keys = here.backend.list_keys(&ada.context, &ada.account).await.expect("lists");
    let roll = keys.latest_roll.expect("a roll");
    assert_eq!(roll.rolled_by, "an admin");
    assert_eq!(roll.reason.as_deref(), Some("leaked on a public repository: private_…"));
    let record = &here.records(Act::KeyRoll).await[0];
    assert_eq!(record.actor, Actor::Admin { id: created_id(&here, GRACE).await, name: GRACE.to_owned() });
    assert_eq!(record.account_id.as_ref(), Some(&ada.account));
    // The owner, and nobody else, reveals it.
    let revealed = here.backend.reveal(&ada.context, &ada.account, None, None).await.expect("reveals");
    assert_eq!(revealed.pair.id, rolled.new.id);
    assert!(matches!(here.backend.authenticate(revealed.private_key.expose()).await, Ok(Verdict::Valid(_))));
}

/// One wins; the other is told, and nothing of theirs happens.
pub async fn of_two_admins_rolling_the_same_account_one_wins(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let ada = here.owner("ada@example.org").await;
    let (_, grace) = admin(&here, GRACE).await;
    let (_, linus) = admin(&here, "linus@example.com").await;
    let requests = [&grace, &linus].map(|context| (context.clone(), request(&here, &ada, Some(REASON))));
    let rolls = requests.map(|(context, request)| {
        let backend = here.backend.clone();
        tokio::spawn(async move { backend.roll_for(&context, request).await })
    });
    let mut refused = Vec::new();
    for roll in rolls {
        refused.push(refusal(roll.await.expect("ends")));
    }
    refused.sort_by_key(Option::is_some);
    assert_eq!(refused, [None, Some(Refusal::PairAlreadyRolled)]);
    assert_eq!(here.records(Act::KeyRoll).await.len(), 1);
    assert_eq!(here.records(Act::KeyRollRefused).await.len(), 1);
    // The same press again is the same roll.
    let submission: SubmissionId = here.backend.mint_submission();
    let keys = here.backend.list_keys(&grace, &ada.account).await.expect("lists");
    let again = || RollRequest {
        pair_id: Some(keys.pairs[0].id.clone()),
        submission_id: submission.clone(),
        ..request(&here, &ada, Some(REASON))
    };
    let first = here.backend.roll_for(&grace, again()).await.expect("rolls");
    let second = here.backend.roll_for(&grace, again()).await.expect("answers");
    assert_eq!(first.new.id, second.new.id);
    assert_eq!(here.records(Act::KeyRoll).await.len(), 2);
}

/// Five minutes after the password was given it is asked for again, for everything that changes something.
pub async fn an_admin_gives_their_password_again(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let ada = here.owner("ada@example.org").await;
    let (_, grace) = admin(&here, GRACE).await;
    let person = created_id(&here, "ada@example.org").await;
    here.pass(Duration::minutes(5));
    let backend = &here.backend;
    let answers = [
        refusal(backend.roll_for(&grace, request(&here, &ada, Some(REASON))).await),
        refusal(backend.revoke(&grace, &ada.account, &ada.pair, None).await),
        refusal(backend.set_account_disabled(&grace, &ada.account, true, REASON, None).await),
        refusal(backend.end_sessions_of(&grace, &ada.account, &person, None).await),
    ];
    assert_eq!(answers, [Some(Refusal::StepUpDue); 4]);
    let wrong = password("wrong wrong wrong wrong");
    let refused = backend.set_account_disabled(&grace, &ada.account, true, REASON, Some(&wrong)).await;
    assert_eq!(refusal(refused), Some(Refusal::PasswordWrong));
    assert!(matches!(backend.authenticate(&ada.key).await, Ok(Verdict::Valid(_))));
    let right = password(PASSWORD);
    backend.set_account_disabled(&grace, &ada.account, true, REASON, Some(&right)).await.expect("disables");
    assert!(matches!(backend.authenticate(&ada.key).await, Ok(Verdict::AccountDisabled)));
}

/// The keys stop with an answer of their own and come back; the owner still signs in, and reads why.
pub async fn a_disabled_accounts_keys_stop_and_come_back(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let ada = here.owner("ada@example.org").await;
    let (_, grace) = admin(&here, GRACE).await;
    let switch = async |disabled| here.backend.set_account_disabled(&grace, &ada.account, disabled, REASON, None).await;
    assert_eq!(refusal(switch(false).await), Some(Refusal::EnabledAlready));
    assert!(switch(true).await.expect("disables").disabled_at.is_some());
    assert_eq!(refusal(switch(true).await), Some(Refusal::DisabledAlready));
    assert!(matches!(here.backend.authenticate(&ada.key).await, Ok(Verdict::AccountDisabled)));
    here.backend.sign_in(&stranger(), &ada.email, password(PASSWORD)).await.expect("signs in");
    let record = &here.records(Act::AccountDisable).await[0];
    assert_eq!(record.detail, Some(Detail::Reason { reason: REASON.to_owned() }));
    assert_eq!(record.account_id.as_ref(), Some(&ada.account));
    assert_eq!(switch(false).await.expect("enables").disabled_at, None);
    assert!(matches!(here.backend.authenticate(&ada.key).await, Ok(Verdict::Valid(_))));
    assert_eq!(here.records(Act::AccountEnable).await.len(), 1);
    assert_eq!(here.records(Act::AccountDisableRefused).await.len(), 1);
    let missing = "acct_00000000000000000000000000".parse().expect("an id");
    let refused = here.backend.set_account_disabled(&grace, &missing, true, REASON, None).await;
    assert_eq!(refusal(refused), Some(Refusal::NotFound));
}

/// Every session of the person is over, and the record says how many.
pub async fn an_admin_ends_a_persons_sessions(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let ada = here.owner("ada@example.org").await;
    let opened = here.backend.sign_in(&stranger(), &ada.email, password(PASSWORD)).await.expect("signs in");
    let (_, grace) = admin(&here, GRACE).await;
    let person = created_id(&here, "ada@example.org").await;
    let end = async |account, person| here.backend.end_sessions_of(&grace, account, person, None).await;
    // Of the account that the page named, and of no other.
    let eve = here.owner("eve@example.org").await;
    let nobody = "user_00000000000000000000000000".parse().expect("an id");
    for (account, person) in [(&eve.account, &person), (&ada.account, &nobody)] {
        assert_eq!(refusal(end(account, person).await), Some(Refusal::NotFound));
    }
    assert!(here.backend.find_signed_in(&opened.session).await.expect("reads").is_some());
    assert_eq!(end(&ada.account, &person).await.expect("ends"), 2);
    assert_eq!(here.backend.find_signed_in(&opened.session).await.expect("reads"), None);
    assert_eq!(end(&ada.account, &person).await.expect("ends"), 0);
    let records = here.records(Act::SessionEnd).await;
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].detail, Some(Detail::SessionsEnded { count: 2 }));
    assert_eq!(records[0].account_id.as_ref(), Some(&ada.account));
    let refused = here.records(Act::SessionEndRefused).await;
    assert_eq!(refused.len(), 2);
}

/// Whichever pair it is of, whatever surrounds it: it answers whose it is, and the owner's trail says that it was asked.
pub async fn a_leaked_key_is_identified_in_every_state(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let ada = here.owner("ada@example.org").await;
    here.owner("eve@example.org").await;
    let (expiring, middle) = done(here.roll(&ada, &ada.pair, ExpireOld::In1Hour).await);
    let (active, newest) = done(here.roll(&ada, &expiring, ExpireOld::Immediately).await);
    let (_, grace) = admin(&here, GRACE).await;
    let found = async |text: &str| here.backend.identify(&grace, text).await.expect("answers");
    let of = |pair| Found::Pair(ada.account.clone(), pair);
    here.pass(Duration::hours(2));
    for (key, pair) in [(&ada.key, &ada.pair), (&middle, &expiring), (&newest, &active)] {
        for text in [
            key.clone(),
            format!(" {key}\r\n"),
            format!("API_PRIVATE_KEY={key}"),
            format!("curl --user \"{key}:\" https://api.example.com/{key}"),
            key.replace("private_", ""),
        ] {
            assert_eq!(found(&text).await, of(pair.clone()), "{text}");
        }
    }
    let records = here.records(Act::KeyIdentify).await;
    assert_eq!(records.len(), 15);
    assert_eq!(records[0].targets, [Target::Pair(active)]);
    assert_eq!(records[0].account_id.as_ref(), Some(&ada.account));
    assert!(!format!("{records:?}").contains("private_"));
}

/// What is no key says what it is instead; and whatever looks like one is never handed on as a text to search for.
pub async fn what_is_no_leaked_key_says_what_it_looks_like(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let ada = here.owner("ada@example.org").await;
    let eve = here.owner("eve@example.org").await;
    let (_, grace) = admin(&here, GRACE).await;
    let found = async |text: &str| here.backend.identify(&grace, text).await.expect("answers");
    let cut = &ada.key[..ada.key.len() - 1];
    let mut typo = ada.key.clone();
    typo.replace_range(10..11, if &typo[10..11] == "x" { "y" } else { "x" });
    for (text, expected) in [
        (cut.to_owned(), Found::BrokenPrivateKey(Broken::TooShort)),
        ("private_".to_owned(), Found::BrokenPrivateKey(Broken::TooShort)),
        (format!("{typo}x"), Found::BrokenPrivateKey(Broken::TooLong)),
        (typo.clone(), Found::BrokenPrivateKey(Broken::Checksum)),
        (format!("acme_{typo}"), Found::BrokenPrivateKey(Broken::Checksum)),
        (format!("{} {}", ada.key, eve.key), Found::BrokenPrivateKey(Broken::Several)),
        ("acct_00000000000000000000000000".to_owned(), Found::Nothing),
        ("pair_00000000000000000000000000".to_owned(), Found::Nothing),
        ("user_00000000000000000000000000".to_owned(), Found::Nothing),
        ("ad".to_owned(), Found::Text("ad".to_owned())),
        ("nobody@example.org".to_owned(), Found::Text("nobody@example.org".to_owned())),
        (String::new(), Found::Text(String::new())),
    ] {
        assert_eq!(found(&text).await, expected, "{text}");
    }
    // Well formed, and nobody's.
    let unknown = domain::PrivateKey::mint(&here.backend.policy().brand, &backend::OsEntropy);
    assert_eq!(found(unknown.expose()).await, Found::UnknownPrivateKey);
    assert!(here.records(Act::KeyIdentify).await.is_empty());

    let keys = here.backend.list_keys(&ada.context, &ada.account).await.expect("lists");
    let public = keys.pairs[0].public_key.to_string();
    let pair = Found::Pair(ada.account.clone(), ada.pair.clone());
    for text in [public.clone(), public.replace("public_", ""), ada.pair.to_string()] {
        assert_eq!(found(&text).await, pair, "{text}");
    }
    let person = created_id(&here, "ada@example.org").await;
    for text in [ada.account.to_string(), person.to_string(), " ADA@example.org".to_owned()] {
        assert_eq!(found(&text).await, Found::Account(ada.account.clone()), "{text}");
    }
}

/// It opens no account: whoever has it in hand learns which one it is, and that they had it is on record.
pub async fn an_installation_key_in_hand_is_told_apart_from_a_private_key(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let issued = here.backend.create_installation_key(&operator(), "billing", &[Scope::Read]).await.expect("makes");
    let (_, grace) = admin(&here, GRACE).await;
    let found = async |text: &str| here.backend.identify(&grace, text).await.expect("answers");
    let key = issued.key.expose();
    for text in [key.to_owned(), format!("BILLING_KEY=\"{key}\""), key.replace("installation_", "")] {
        assert_eq!(found(&text).await, Found::InstallationKey(issued.record.id.clone()), "{text}");
    }
    let records = here.records(Act::KeyIdentify).await;
    assert_eq!(records.len(), 3);
    assert_eq!(
        (&records[0].account_id, &records[0].targets[..]),
        (&None, &[Target::InstallationKey(issued.record.id)][..])
    );
    let nobodys = InstallationKey::mint(&here.backend.policy().brand, &backend::OsEntropy);
    assert_eq!(found(nobodys.expose()).await, Found::UnknownInstallationKey);
    assert_eq!(found(&nobodys.expose().replace("installation_", "")).await, Found::UnknownPrivateKey);
    assert_eq!(here.records(Act::KeyIdentify).await.len(), 3);
}

/// A page has so many, and says where the next one begins.
pub async fn accounts_are_listed_a_page_at_a_time(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let ada = here.owner("ada@example.org").await;
    // Ids are in the order of time, to the millisecond.
    here.pass(Duration::minutes(1));
    for n in 0..PAGE {
        let new = backend::accounts::NewAccount {
            email: format!("customer{n}@example.net"),
            name: format!("Customer {n}"),
            external_id: Some(format!("cus_{n}")),
            password: None,
        };
        here.backend.create_account(&operator(), new).await.expect("creates");
    }
    let (_, grace) = admin(&here, GRACE).await;
    let page = async |query| here.backend.list_accounts(&grace, &query).await.expect("lists");
    let first = page(AccountQuery::default()).await;
    assert_eq!((first.accounts.len(), first.next.is_some()), (PAGE as usize, true));
    let second = page(AccountQuery { after: first.next, ..AccountQuery::default() }).await;
    assert_eq!(second.accounts.len(), 1);
    assert_eq!(second.accounts[0].account.id, ada.account);
    assert_eq!(second.accounts[0].owner.as_ref().map(domain::Email::as_str), Some("ada@example.org"));
    assert_eq!(second.next, None);
    let begun = |text: &str| AccountQuery { begins_with: Some(text.to_owned()), ..AccountQuery::default() };
    assert_eq!(page(begun("ADA")).await.accounts.len(), 1);
    assert_eq!(page(begun("customer 1")).await.accounts.len(), 11);
    assert_eq!(page(begun("cus_")).await.accounts.len(), PAGE as usize);
    let file = here.backend.open_file(&grace, &ada.account).await.expect("opens");
    assert_eq!(file.members.len(), 1);
    assert!(file.members[0].has_password);
    assert_eq!(file.keys.pairs.len(), 1);
}

/// Somebody removed while they act has no more rights: the context of the next request says so.
pub async fn an_admin_removed_is_a_member_like_any_other(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let ada = here.owner("ada@example.org").await;
    here.backend.create_admin(&operator(), &ada.email, None).await.expect("makes");
    let opened = here.backend.sign_in(&stranger(), &ada.email, password(PASSWORD)).await.expect("signs in");
    assert!(here.context_of(&opened).await.as_admin().is_ok());
    here.backend.remove_admin(&operator(), &ada.email).await.expect("removes");
    let context = here.context_of(&opened).await;
    assert_eq!(refusal(context.as_admin()), Some(Refusal::NotFound));
    let Caller::Person(SignedIn { admin, seat, .. }) = &context.caller else { panic!("signed out") };
    assert!(!admin && seat.is_some());
}
