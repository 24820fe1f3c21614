//! Accounts in a list: all of them, or those that somebody looks for.

use crate::world::{NOW, World};
use backend::store::{AccountOrder, AccountQuery, AccountRecord, AccountSummary, PersonRecord, Store};
use domain::{AccountId, Email, Role};
use std::sync::Arc;

const ORDERS: [AccountOrder; 2] = [AccountOrder::Newest, AccountOrder::Name];

async fn store_all(world: &World, accounts: &[AccountRecord]) {
    let written = world.write(async |tx| {
        for account in accounts {
            tx.insert_account(account).await?;
        }
        Ok(())
    });
    written.await.expect("stored");
}

async fn named(world: &World, name: &str) -> AccountRecord {
    let account = AccountRecord { name: name.to_owned(), ..world.new_account() };
    store_all(world, std::slice::from_ref(&account)).await;
    account
}

async fn person(world: &World, email: &str) -> PersonRecord {
    let person = PersonRecord { email: Email::parse(email).expect("an address"), ..world.new_person() };
    world.write(async |tx| tx.insert_person(&person).await).await.expect("stored");
    person
}

async fn list(world: &World, query: &AccountQuery) -> Vec<AccountSummary> {
    world.store.list_accounts(query, 1_000).await.expect("read")
}

fn ids(listed: &[AccountSummary]) -> Vec<AccountId> {
    listed.iter().map(|summary| summary.account.id.clone()).collect()
}

/// Asks in both orders, which must find the same accounts.
async fn found(world: &World, typed: &str) -> Vec<AccountId> {
    let ask = async |order| {
        let query = AccountQuery { begins_with: Some(typed.to_owned()), order, ..AccountQuery::default() };
        ids(&list(world, &query).await)
    };
    let newest = ask(AccountOrder::Newest).await;
    let mut by_name = ask(AccountOrder::Name).await;
    by_name.sort();
    by_name.reverse();
    assert_eq!(newest, by_name, "{typed:?}");
    newest
}

/// What all of them are called begins with it, and nobody else's does.
async fn assert_found(world: &World, typed: &str, expected: &[&AccountRecord]) {
    let mut expected: Vec<_> = expected.iter().map(|account| account.id.clone()).collect();
    expected.sort();
    expected.reverse();
    assert_eq!(found(world, typed).await, expected, "{typed:?}");
}

/// By the beginning and not by the middle, whatever the case of ASCII letters, and of those only.
pub async fn accounts_are_found_by_what_their_name_begins_with(store: Arc<dyn Store>) {
    let world = World::new(store);
    let acme = named(&world, "Acme").await;
    let acme_two = named(&world, "ACME two").await;
    let at_ac = named(&world, "AC@home").await;
    let other = named(&world, "The acme").await;
    let zoe = named(&world, "Zoë & Söhne").await;
    let umlaut = named(&world, "Ärzte").await;
    named(&world, "").await;
    for typed in ["acme", "ACME", "aCm"] {
        assert_found(&world, typed, &[&acme, &acme_two]).await;
    }
    assert_found(&world, "ac", &[&acme, &acme_two, &at_ac]).await;
    assert_found(&world, "ac@", &[&at_ac]).await;
    assert_found(&world, "acme ", &[&acme_two]).await;
    assert_found(&world, "acme two", &[&acme_two]).await;
    assert_found(&world, "acme two!", &[]).await;
    assert_found(&world, "the", &[&other]).await;
    assert_found(&world, "zoë", &[&zoe]).await;
    assert_found(&world, "ZOë & s", &[&zoe]).await;
    assert_found(&world, "zoe", &[]).await;
    assert_found(&world, "Är", &[&umlaut]).await;
    assert_found(&world, "är", &[]).await;
    assert_eq!(found(&world, "").await.len(), 7);
}

/// The same for external ids; an account without one is not found by it.
pub async fn accounts_are_found_by_what_their_external_id_begins_with(store: Arc<dyn Store>) {
    let world = World::new(store);
    let with = |external_id: &str| AccountRecord {
        name: "x".to_owned(),
        external_id: Some(external_id.to_owned()),
        ..world.new_account()
    };
    let (first, second, longest) = (with("cus_1"), with("CUS_12"), with(&"\u{10ffff}".repeat(200)));
    store_all(&world, &[first.clone(), second.clone(), longest.clone()]).await;
    named(&world, "y").await;
    assert_found(&world, "cus_", &[&first, &second]).await;
    assert_found(&world, "Cus_12", &[&second]).await;
    assert_found(&world, "us_", &[]).await;
    // Nothing comes after the last character there is.
    assert_found(&world, "\u{10ffff}", &[&longest]).await;
    assert_found(&world, &"\u{10ffff}".repeat(200), &[&longest]).await;
    assert_found(&world, &"\u{10ffff}".repeat(201), &[]).await;
}

/// Any member's, whatever their role, and in every account they are in.
pub async fn accounts_are_found_by_what_a_members_address_begins_with(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (one, two, three) = (named(&world, "1").await, named(&world, "2").await, named(&world, "3").await);
    let ada = person(&world, "ada@example.org").await;
    let adam = person(&world, "adam@example.org").await;
    let eve = person(&world, "éve@example.org").await;
    person(&world, "ada@nowhere.example").await;
    world.join(&ada, &one, Role::Owner).await;
    world.join(&ada, &two, Role::Viewer).await;
    world.join(&adam, &two, Role::Owner).await;
    world.join(&eve, &three, Role::Developer).await;
    for typed in ["ada", "ADA", "Ada@Example.ORG"] {
        assert_found(&world, typed, &[&one, &two]).await;
    }
    assert_found(&world, "adam", &[&two]).await;
    assert_found(&world, "éve@", &[&three]).await;
    assert_found(&world, "example.org", &[]).await;
    assert_found(&world, "ada@nowhere", &[]).await;
}

/// Wildcards, quotes and backslashes are characters like any other.
pub async fn nothing_that_is_typed_has_a_meaning_of_its_own(store: Arc<dyn Store>) {
    let world = World::new(store);
    let names = ["100% x", "100_x", "1000", "it's", "it\"s", "a\\b", "a*b", "a?b", "a[b", "a]b", "a^b", "a`b", "'; --"];
    let mut accounts = Vec::new();
    for name in names {
        accounts.push(named(&world, name).await);
    }
    for account in &accounts {
        assert_found(&world, &account.name, &[account]).await;
    }
    for typed in ["%", "_", "%x", "1__", "1%x", "a_b", "*", "?", "a.b", "it''s", "\\", " ", "acct"] {
        assert_found(&world, typed, &[]).await;
    }
    // Between the capital and the small letters lie a few others, which are neither.
    assert_found(&world, "a[", &[&accounts[8]]).await;
    assert_found(&world, "100", &accounts[..3].iter().collect::<Vec<_>>()).await;
}

/// However many reasons there are to find it.
pub async fn an_account_is_found_once(store: Arc<dyn Store>) {
    let world = World::new(store);
    let external_id = Some("ada-1".to_owned());
    let account = AccountRecord { name: "Ada's".to_owned(), external_id, ..world.new_account() };
    store_all(&world, std::slice::from_ref(&account)).await;
    for email in ["ada@example.org", "ada@example.net", "ada2@example.org"] {
        world.join(&person(&world, email).await, &account, Role::Owner).await;
    }
    assert_found(&world, "ada", &[&account]).await;
    assert_found(&world, "", &[&account]).await;
    let query = AccountQuery { order: AccountOrder::Name, ..AccountQuery::default() };
    assert_eq!(list(&world, &query).await.len(), 1);
}

/// A page is filled with those that come first, whether it was by their name, their external id or one of their members that
/// they were found; one that is found five times takes no more room than another.
pub async fn pages_of_what_is_found_in_several_ways_are_whole(store: Arc<dyn Store>) {
    let world = World::new(store);
    let mut all = Vec::new();
    for nth in 0..24_usize {
        let found_by = |way: usize| nth % 4 == way || nth % 4 == 3;
        let account = AccountRecord {
            name: format!("{}{:02}", if found_by(0) { "x" } else { "y" }, nth * 7 % 24),
            external_id: found_by(1).then(|| format!("X{nth}")),
            disabled_at: (nth % 3 == 0).then_some(NOW),
            ..world.new_account()
        };
        store_all(&world, std::slice::from_ref(&account)).await;
        for member in 0..3 {
            let whose = if found_by(2) { "x" } else { "y" };
            let email = format!("{whose}{nth}.{member}@example.org");
            world.join(&person(&world, &email).await, &account, Role::Developer).await;
        }
        all.push(account);
    }
    for order in ORDERS {
        for disabled in [None, Some(false), Some(true)] {
            let mut expected: Vec<_> =
                all.iter().filter(|account| disabled.is_none_or(|is| is == account.disabled_at.is_some())).collect();
            expected.sort_by(|one, other| match order {
                AccountOrder::Newest => other.id.cmp(&one.id),
                AccountOrder::Name => one.name.cmp(&other.name).then(other.id.cmp(&one.id)),
            });
            let expected: Vec<_> = expected.into_iter().map(|account| account.id.clone()).collect();
            let mut query = AccountQuery { begins_with: Some("x".to_owned()), order, disabled, after: None };
            let mut listed = Vec::new();
            loop {
                let page = ids(&world.store.list_accounts(&query, 5).await.expect("read"));
                assert!(page.len() == 5 || listed.len() + page.len() == expected.len(), "{query:?}: {page:?}");
                let Some(last) = page.last() else { break };
                query.after = Some(last.clone());
                listed.extend(page);
            }
            assert_eq!(listed, expected, "{order:?} {disabled:?}");
        }
    }
}

/// Every field comes back, in both orders, at most as many as asked for.
pub async fn accounts_are_listed_newest_first_or_by_name(store: Arc<dyn Store>) {
    let world = World::new(store);
    let mut accounts = Vec::new();
    for (nth, name) in ["b", "A", "", "a", "B", "Z", "_", "ä", "É"].into_iter().enumerate() {
        let mut account = AccountRecord { name: name.to_owned(), ..world.new_account() };
        account.external_id = (nth % 2 == 0).then(|| format!("cus_{nth}"));
        account.disabled_at = (nth % 3 == 0).then_some(NOW);
        accounts.push(account);
    }
    store_all(&world, &accounts).await;
    accounts.sort_by(|one, other| other.id.cmp(&one.id));
    let newest = accounts.clone();
    // A stable sort: of equal names, the newest stays first.
    accounts.sort_by_key(|account| account.name.to_ascii_lowercase());
    for (order, expected) in [(AccountOrder::Newest, newest), (AccountOrder::Name, accounts)] {
        for begins_with in [None, Some(String::new())] {
            let query = AccountQuery { order, begins_with, ..AccountQuery::default() };
            for limit in [0, 1, 4, 9, 100, u32::MAX] {
                let listed = world.store.list_accounts(&query, limit).await.expect("read");
                let listed: Vec<_> = listed.into_iter().map(|summary| summary.account).collect();
                let most = usize::try_from(limit).expect("fits").min(expected.len());
                assert_eq!(listed, expected[..most], "{order:?}");
            }
        }
    }
}

/// Alone, and together with what somebody looks for.
pub async fn only_disabled_or_only_enabled_accounts_are_listed(store: Arc<dyn Store>) {
    let world = World::new(store);
    let mut all = Vec::new();
    for nth in 0..6 {
        let name = ["Acme", "Other"][nth % 2].to_owned();
        let disabled_at = (nth < 2).then_some(NOW);
        all.push(AccountRecord { name, disabled_at, ..world.new_account() });
    }
    store_all(&world, &all).await;
    for order in ORDERS {
        for begins_with in [None, Some("acm")] {
            for disabled in [None, Some(true), Some(false)] {
                let wanted = |account: &&AccountRecord| {
                    disabled.is_none_or(|disabled| account.disabled_at.is_some() == disabled)
                        && begins_with.is_none_or(|_| account.name == "Acme")
                };
                let mut expected: Vec<_> = all.iter().filter(wanted).map(|account| account.id.clone()).collect();
                expected.sort();
                let begins_with = begins_with.map(str::to_owned);
                let query = AccountQuery { begins_with, disabled, order, after: None };
                let mut listed = ids(&list(&world, &query).await);
                listed.sort();
                assert_eq!(listed, expected, "{query:?}");
            }
        }
    }
}

/// Reads page after page and answers whatever was on them.
async fn read_on(world: &World, mut query: AccountQuery, limit: u32) -> Vec<AccountId> {
    let mut seen = Vec::new();
    loop {
        let page = ids(&world.store.list_accounts(&query, limit).await.expect("read"));
        let Some(last) = page.last() else {
            return seen;
        };
        query.after = Some(last.clone());
        seen.extend(page);
        assert!(seen.len() < 1_000, "reading on never ends");
    }
}

/// Thirty of one name, in different cases, between others: each on exactly one page, in both orders, looked for or not.
pub async fn accounts_with_equal_names_are_each_on_one_page(store: Arc<dyn Store>) {
    let world = World::new(store);
    let mut all = Vec::new();
    for nth in 0..30 {
        let name = ["Acme", "ACME", "acme"][nth % 3].to_owned();
        let disabled_at = (nth % 5 == 0).then_some(NOW);
        all.push(AccountRecord { name, disabled_at, ..world.new_account() });
    }
    for name in ["", "aaa", "Zebra", "acmf"] {
        all.push(AccountRecord { name: name.to_owned(), ..world.new_account() });
    }
    store_all(&world, &all).await;
    all.sort_by(|one, other| other.id.cmp(&one.id));
    for order in ORDERS {
        if order == AccountOrder::Name {
            all.sort_by_key(|account| account.name.to_ascii_lowercase());
        }
        for begins_with in [None, Some("ACME")] {
            for disabled in [None, Some(true), Some(false)] {
                let wanted = |account: &&AccountRecord| {
                    disabled.is_none_or(|disabled| account.disabled_at.is_some() == disabled)
                        && begins_with.is_none_or(|begins_with| account.name.eq_ignore_ascii_case(begins_with))
                };
                let expected: Vec<_> = all.iter().filter(wanted).map(|account| account.id.clone()).collect();
                let begins_with = begins_with.map(str::to_owned);
                let query = AccountQuery { begins_with, disabled, order, after: None };
                for limit in [1, 7, 30, 100] {
                    assert_eq!(read_on(&world, query.clone(), limit).await, expected, "{query:?}, {limit} a page");
                }
            }
        }
    }
}

/// What was there is met once, though accounts arrive between any two pages.
pub async fn pages_stay_while_accounts_are_added(store: Arc<dyn Store>) {
    let world = World::new(store);
    for order in ORDERS {
        let mut before = Vec::new();
        for _ in 0..10 {
            before.push(named(&world, "m").await.id);
        }
        let mut query = AccountQuery { order, ..AccountQuery::default() };
        let mut seen = Vec::new();
        loop {
            let page = ids(&world.store.list_accounts(&query, 3).await.expect("read"));
            let Some(last) = page.last() else {
                break;
            };
            query.after = Some(last.clone());
            seen.extend(page);
            // By name, one that comes before every page: it must not push anything onto the next.
            named(&world, "a").await;
            assert!(seen.len() < 1_000, "reading on never ends");
        }
        for id in before {
            assert_eq!(seen.iter().filter(|seen| **seen == id).count(), 1, "{order:?}");
        }
    }
}

/// A page after nothing is empty, and not the first page over again. One after an account that is not found itself is
/// what comes after it.
pub async fn nothing_comes_after_an_account_that_is_not_there(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (first, last) = (named(&world, "a").await, named(&world, "z").await);
    let unknown = world.new_account().id;
    for order in ORDERS {
        for begins_with in [None, Some("a".to_owned())] {
            let after = Some(unknown.clone());
            let query = AccountQuery { begins_with, order, after, disabled: None };
            assert_eq!(list(&world, &query).await, []);
        }
    }
    let by_name = AccountQuery { order: AccountOrder::Name, ..AccountQuery::default() };
    let after = |account: &AccountRecord| Some(account.id.clone());
    let found = AccountQuery { begins_with: Some("z".to_owned()), after: after(&first), ..by_name.clone() };
    assert_eq!(ids(&list(&world, &found).await), std::slice::from_ref(&last.id));
    assert_eq!(list(&world, &AccountQuery { after: after(&last), ..by_name }).await, []);
}

/// The first by joining, and not whoever joined first as something else; none where there is none.
pub async fn a_listed_account_shows_its_first_owner(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (owned, unowned, empty) = (named(&world, "a1").await, named(&world, "a2").await, named(&world, "a3").await);
    // Joined in another order than made, and than named.
    let (younger, older) = (person(&world, "a@example.org").await, person(&world, "b@example.org").await);
    let viewer = person(&world, "c@example.org").await;
    world.join(&viewer, &owned, Role::Viewer).await;
    world.join(&older, &owned, Role::Owner).await;
    world.join(&younger, &owned, Role::Owner).await;
    world.join(&viewer, &unowned, Role::Developer).await;
    let expected = [(owned, Some(older.email)), (unowned, None), (empty, None)];
    for order in ORDERS {
        for begins_with in [None, Some("a".to_owned())] {
            let query = AccountQuery { begins_with, order, ..AccountQuery::default() };
            let mut listed = list(&world, &query).await;
            listed.sort_by(|one, other| one.account.name.cmp(&other.account.name));
            let listed: Vec<_> = listed.into_iter().map(|summary| (summary.account, summary.owner)).collect();
            assert_eq!(listed, expected, "{order:?}");
        }
    }
}
