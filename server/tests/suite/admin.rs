//! The admin console: what an admin does to somebody's account, and that nobody else does.

use crate::people::{BROWSER, OURS, cookies_after, plus, post, see};
use crate::program::{Place, Served};
use crate::world::{Answer, EMAIL, NOW, PASSWORD, World, bearer};
use backend::OsEntropy;
use backend::accounts::{CreatedAccount, NewAccount};
use backend::keys::Rolled;
use backend::store::Store as _;
use domain::audit::{Act, Actor, Event};
use domain::{Brand, ExpireOld, InstallationKey, Password, Scope};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

const ADMIN: &str = "root@example.org";
const REASON: &str = "leaked on a public repository";
const SUBMISSION: &str = "sub_0000000000000000000000000z";

/// An installation with an account, and an admin who is in none.
pub struct Console {
    pub world: World,
    pub account: CreatedAccount,
    /// The admin's browser.
    pub admin: String,
}

impl Console {
    pub async fn open() -> Self {
        let world = World::http().await;
        let account = world.account().await;
        let password = Some(Password::new(PASSWORD.to_owned()));
        world.backend.create_admin(&World::operator(), ADMIN, password).await.unwrap();
        let admin = world.signed_in_as(ADMIN).await;
        Self { world, account, admin }
    }

    pub async fn post(&self, function: &str, form: &str) -> Answer {
        post(&self.world, function, &self.admin, form).await
    }

    pub async fn see(&self, path: &str) -> Answer {
        see(&self.world, path, &self.admin).await
    }

    async fn find(&self, text: &str) -> Answer {
        self.post("find_account", &format!("text={}", encoded(text))).await
    }

    /// What the browser shows after an answer that leads on.
    pub async fn follow(&self, answer: &Answer) -> Answer {
        assert_eq!(answer.status, 302, "{}", answer.body);
        see(&self.world, answer.header("location"), &cookies_after(&self.admin, answer)).await
    }

    fn path(&self) -> String {
        format!("/admin/account?account={}", self.account.account_id)
    }

    fn roll(&self, rest: &str) -> String {
        let pair = &self.account.first_pair.pair.id;
        format!("account={}&pair={pair}&submission={SUBMISSION}{rest}", self.account.account_id)
    }

    pub fn key(&self) -> &str {
        self.account.first_pair.private_key.expose()
    }

    pub async fn authenticates(&self, key: &str) -> u16 {
        self.world.get("/v1/account", &[("authorization", &bearer(key))]).await.status.as_u16()
    }

    /// What is on record, newest first.
    pub async fn events(&self) -> Vec<Event> {
        self.world.store.list_events(None, 1_000).await.unwrap()
    }

    /// Everything an admin can change.
    async fn facts(&self) -> String {
        let store = &self.world.store;
        let account = &self.account.account_id;
        format!(
            "{:?} {:?} {:?} {:?}",
            store.find_account(account).await.unwrap(),
            store.list_pairs(account).await.unwrap(),
            store.find_latest_roll(account).await.unwrap(),
            store.list_sessions(&self.account.user_id).await.unwrap().len(),
        )
    }
}

pub fn encoded(text: &str) -> String {
    text.bytes().flat_map(|byte| format!("%{byte:02x}").into_bytes()).map(char::from).collect()
}

/// Headers and body as one text.
pub fn whole(answer: &Answer) -> String {
    format!("{} {:?} {}", answer.status, answer.headers, answer.body)
}

pub fn says(answer: &Answer, words: &str) {
    assert!(answer.body.contains(words), "{words}: {}", answer.body);
}

#[tokio::test]
async fn an_admin_finds_an_account_by_whatever_is_known_of_it() {
    let console = Console::open().await;
    let pair = &console.account.first_pair.pair;
    let account = console.path();
    let with_pair = format!("{account}&pair={}", pair.id);
    for (text, leads_to) in [
        (EMAIL, &account),
        (" ADA@example.org ", &account),
        ("cus_1", &account),
        (console.account.account_id.as_str(), &account),
        (console.account.user_id.as_str(), &account),
        (pair.id.as_str(), &with_pair),
        (pair.public_key.as_str(), &with_pair),
        (console.key(), &with_pair),
        (&format!("export API_KEY=\"{}\"", console.key()), &with_pair),
    ] {
        let answer = console.find(text).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (302, leads_to.as_str()), "{text}");
    }
    let page = console.see(&with_pair).await;
    assert_eq!(page.status, 200);
    for words in ["You looked for the active pair", EMAIL, "cus_1", pair.public_key.as_str(), "Owner", "Enabled"] {
        says(&page, words);
    }
    // That a key was in somebody's hands is on the account's trail; what was only looked for is not.
    let identified = console.events().await.iter().filter(|event| event.act == Act::KeyIdentify).count();
    assert_eq!(identified, 2);
}

#[tokio::test]
async fn a_key_of_any_pair_there_ever_was_is_found_with_its_state_in_words() {
    let console = Console::open().await;
    let id = &console.account.account_id;
    let Rolled::Done { new: second, .. } = console.world.roll(id, ExpireOld::Immediately).await else {
        panic!("rolled")
    };
    let Rolled::Done { new: third, .. } = console.world.roll(id, ExpireOld::In1Hour).await else { panic!("rolled") };
    for (key, words) in [
        (console.key(), "You looked for a pair that was ended at once: its keys authenticate nothing any more"),
        (second.private_key.expose(), "You looked for an expiring pair: its keys work until "),
        (third.private_key.expose(), "You looked for the active pair"),
    ] {
        let page = console.follow(&console.find(key).await).await;
        says(&page, words);
        assert!(!page.body.contains(key));
    }
}

#[tokio::test]
async fn what_looks_like_a_key_and_is_nobodys_is_named_and_never_shown() {
    let console = Console::open().await;
    let key = console.key();
    let body = key.trim_start_matches("private_");
    let unknown = domain::PrivateKey::mint(&domain::Brand::none(), &backend::OsEntropy).expose().to_owned();
    let mistyped = format!("{}{}", &key[..key.len() - 1], if key.ends_with('0') { '1' } else { '0' });
    let header = data_encoding::BASE64.encode(format!("{key}:").as_bytes());
    for (text, words) in [
        (unknown.as_str(), "no pair has it or ever had it"),
        (&key[..key.len() - 7], "the end is missing"),
        (&format!("private_x{body}"), "goes on after its end"),
        (mistyped.as_str(), "its checksum is wrong"),
        (&format!("{key} {unknown}"), "more than one private key"),
        (&key.to_uppercase(), "may be a secret, so it was not searched for"),
        (&format!("Authorization: Basic {header}"), "may be a secret, so it was not searched for"),
        ("pair_00000000000000000000000009", "nothing here has it"),
        ("acct_00000000000000000000000009", "nothing here has it"),
    ] {
        let answer = console.find(text).await;
        assert_eq!(answer.header("location"), "/admin", "{text}: {}", whole(&answer));
        let page = console.follow(&answer).await;
        assert_eq!(page.status, 200);
        says(&page, words);
        for shown in [whole(&answer), whole(&page)] {
            assert!(!shown.contains(text) && !shown.contains(&body[..20]), "{shown}");
        }
        // It is said once.
        let again = see(&console.world, "/admin", &cookies_after(&cookies_after(&console.admin, &answer), &page)).await;
        assert!(!again.body.contains(words));
    }
    let listed = console.find("Ada & Söhne").await;
    assert_eq!(listed.header("location"), "/admin?q=Ada%20%26%20S%C3%B6hne");
}

#[tokio::test]
async fn an_address_with_a_key_in_it_shows_nothing_of_it() {
    let console = Console::open().await;
    let page = console.see(&format!("/admin?q={}", console.key())).await;
    assert_eq!(page.status, 422);
    says(&page, "The address asks for something that cannot be listed.");
    assert!(!page.body.contains(console.key()));
}

#[tokio::test]
async fn a_leaked_key_is_rolled_and_the_owner_reads_why_and_reveals_the_new_one() {
    let console = Console::open().await;
    assert_eq!(console.authenticates(console.key()).await, 200);
    let found = console.follow(&console.find(console.key()).await).await;
    let (account, pair) = (&console.account.account_id, &console.account.first_pair.pair.id);
    let roll_page = format!("/admin/account/roll?account={account}&pair={pair}");
    says(&found, &roll_page.replace('&', "&amp;"));
    let form = console.see(&roll_page).await;
    for words in ["name=\"reason\"", "value=\"immediately\"", "You are not shown its private key"] {
        says(&form, words);
    }
    assert!(!form.body.contains("checked") && !form.body.contains("current-password"), "{}", form.body);

    let answer =
        console.post("roll_for", &console.roll(&format!("&expire_old=immediately&reason={}", plus(REASON)))).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (302, console.path().as_str()));
    assert_eq!(console.authenticates(console.key()).await, 403);
    let page = console.follow(&answer).await;
    for words in ["The keys are rolled", "By: <bdi>you", REASON] {
        says(&page, words);
    }
    // Going back leads to no form.
    let back = console.see(&roll_page).await;
    says(&back, "These keys have already been rolled. Nothing was changed.");
    assert!(!back.body.contains("<form class=\"form\""), "{}", back.body);
    let Event { actor, account_id, .. } =
        console.events().await.into_iter().find(|event| event.act == Act::KeyRoll).expect("on record");
    assert!(matches!(actor, Actor::Admin { name, .. } if name == ADMIN));
    assert_eq!(account_id.as_ref(), Some(&console.account.account_id));

    let owner = console.world.signed_in().await;
    let tab = see(&console.world, "/dashboard/developers", &owner).await;
    for words in ["An admin<!> rolled these keys on ", REASON, "The new private key is in the first row"] {
        says(&tab, words);
    }
    let trail = see(&console.world, "/dashboard/activity", &owner).await;
    for words in [ADMIN, REASON] {
        says(&trail, words);
    }
    let new = console.world.store.list_pairs(&console.account.account_id).await.unwrap().remove(0);
    let headers =
        [OURS, ("cookie", owner.as_str()), ("content-type", "application/json"), ("accept", "application/json")];
    let reveal = crate::world::server_function("reveal_key");
    let body = serde_json::json!({ "pair": new.id }).to_string();
    let revealed = console.world.send("POST", &reveal, &headers, &body).await.json();
    let key = revealed.as_str().expect("the new key");
    assert_eq!(console.authenticates(key).await, 200);
    for shown in [&found, &form, &answer, &page] {
        assert!(!whole(shown).contains(key) && !whole(shown).contains(console.key()));
    }
}

#[tokio::test]
async fn a_roll_by_an_admin_is_news_to_the_owner_for_thirty_days() {
    const DAY: i64 = 86_400_000;
    let console = Console::open().await;
    console.post("roll_for", &console.roll(&format!("&expire_old=immediately&reason={}", plus(REASON)))).await;
    for (millis, told) in [(30 * DAY - 1, true), (30 * DAY, false)] {
        console.world.clock.set(NOW + millis);
        let owner = console.world.signed_in().await;
        let tab = see(&console.world, "/dashboard/developers", &owner).await;
        assert_eq!(tab.body.contains("An admin<!> rolled these keys on "), told, "{millis}");
    }
}

#[tokio::test]
async fn a_roll_that_is_refused_says_so_beside_the_field_and_keeps_the_reason() {
    let console = Console::open().await;
    let before = console.facts().await;
    let with_key = format!("{REASON}: {}", console.key());
    let long = "x".repeat(501);
    for (rest, sentence, kept) in [
        ("&expire_old=immediately".to_owned(), "Give a reason. The account&#x27;s owner reads it.", ""),
        ("&expire_old=immediately&reason=++".to_owned(), "Give a reason. The account&#x27;s owner reads it.", ""),
        (format!("&expire_old=1h&reason={long}"), "Use at most 500 characters.", ""),
        (format!("&reason={}", encoded(&with_key)), "Choose when the old keys expire.", REASON),
        (format!("&expire_old=custom&reason={}", plus(REASON)), "Enter a date and a time.", REASON),
        (
            format!("&expire_old=custom&custom_utc=2020-01-01T00:00&reason={}", plus(REASON)),
            "This time has passed.",
            REASON,
        ),
    ] {
        let answer = console.post("roll_for", &console.roll(&rest)).await;
        let location = answer.header("location");
        assert!(
            location.starts_with(&format!("/admin/account/roll?account={}", console.account.account_id)),
            "{location}"
        );
        assert!(!location.contains("leaked"), "{location}");
        assert!(!whole(&answer).contains(console.key()));
        let form = console.follow(&answer).await;
        let sentence = sentence.replace("&#x27;", "'");
        assert!(form.body.replace("&#x27;", "'").contains(&sentence), "{sentence}: {}", form.body);
        assert!(!form.body.contains(console.key()));
        assert_eq!(form.body.contains(&format!("value=\"{REASON}")), !kept.is_empty(), "{rest}: {}", form.body);
    }
    assert_eq!(console.facts().await, before);
}

#[tokio::test]
async fn an_admin_gives_their_password_again_for_each_act_five_minutes_later() {
    let console = Console::open().await;
    let id = &console.account.account_id;
    console.world.roll(id, ExpireOld::In24Hours).await;
    let before = console.facts().await;
    console.world.clock.set(NOW + 300_000);
    let pairs = console.world.store.list_pairs(id).await.unwrap();
    let (active, expiring) = (&pairs[0].id, &pairs[1].id);
    let roll = format!("account={id}&pair={active}&submission={SUBMISSION}&expire_old=immediately&reason=x");
    let acts = [
        ("roll_for", roll),
        ("expire_for", format!("account={id}&pair={expiring}")),
        ("set_account_disabled", format!("account={id}&disabled=true&reason=x")),
        ("end_sessions_for", format!("account={id}&person={}", console.account.user_id)),
    ];
    for (function, form) in &acts {
        for (password, sentence) in
            [("", "Enter your password to go on."), ("&password=wrong", "This is not your password.")]
        {
            let page = console.follow(&console.post(function, &format!("{form}{password}")).await).await;
            says(&page, sentence);
            says(&page, "autocomplete=\"current-password\"");
        }
    }
    assert_eq!(console.facts().await, before);
    for (function, form) in &acts {
        let answer = console.post(function, &format!("{form}&password={}", plus(PASSWORD))).await;
        assert_eq!(answer.header("location"), console.path(), "{function}");
    }
}

#[tokio::test]
async fn of_two_admins_who_roll_at_once_one_wins_and_the_other_is_told_by_whom() {
    let console = Console::open().await;
    let password = Some(Password::new(PASSWORD.to_owned()));
    console.world.backend.create_admin(&World::operator(), "night@example.org", password).await.unwrap();
    let other = console.world.signed_in_as("night@example.org").await;
    let rest = "&expire_old=immediately&reason=night+shift";
    let theirs = console.roll(rest).replace(SUBMISSION, "sub_0000000000000000000000000y");
    let ours = console.roll(rest);
    let (one, two) = tokio::join!(console.post("roll_for", &ours), post(&console.world, "roll_for", &other, &theirs));
    let pairs = console.world.store.list_pairs(&console.account.account_id).await.unwrap();
    assert_eq!(pairs.len(), 2, "rolled once");
    let done = |answer: &Answer| answer.header("location") == console.path();
    assert_ne!(done(&one), done(&two), "{} {}", one.header("location"), two.header("location"));
    let (loser, cookie) = if done(&one) { (two, &other) } else { (one, &console.admin) };
    let page = see(&console.world, loser.header("location"), cookie).await;
    for words in ["These keys have already been rolled. Nothing was changed.", "@example.org (an admin)", "night shift"]
    {
        says(&page, words);
    }
    assert!(!page.body.contains("<form class=\"form\""));
}

#[tokio::test]
async fn an_admin_expires_an_expiring_pair_now() {
    let console = Console::open().await;
    let id = &console.account.account_id;
    let (expiring, active) = (console.account.first_pair.pair.id.clone(), {
        let Rolled::Done { new, .. } = console.world.roll(id, ExpireOld::In7Days).await else { panic!("rolled") };
        new.pair.id
    });
    let page = console.see(&console.path()).await;
    let href = format!("/admin/account/expire?account={id}&amp;pair={expiring}");
    says(&page, &href);
    let form = console.see(&href.replace("&amp;", "&")).await;
    says(&form, "Programs that still use these keys stop working at once.");
    assert_eq!(console.authenticates(console.key()).await, 200);
    let answer = console.post("expire_for", &format!("account={id}&pair={expiring}")).await;
    assert_eq!(console.authenticates(console.key()).await, 403);
    says(&console.follow(&answer).await, "The pair has expired.");

    for (pair, sentence) in [(&expiring, "already expired"), (&active, "The active keys cannot be expired.")] {
        let page = console.follow(&console.post("expire_for", &format!("account={id}&pair={pair}")).await).await;
        says(&page, sentence);
    }
}

#[tokio::test]
async fn an_admin_disables_an_account_and_enables_it_again() {
    let console = Console::open().await;
    let id = &console.account.account_id;
    let path = format!("/admin/account/disable?account={id}");
    let form = console.see(&path).await;
    for words in ["Disable the account", "are refused from the moment you disable it", "Its members can sign in"] {
        says(&form, words);
    }
    let refused =
        console.follow(&console.post("set_account_disabled", &format!("account={id}&disabled=true")).await).await;
    says(&refused, "Give a reason.");
    let disable = format!("account={id}&disabled=true&reason={}", plus(REASON));
    let answer = console.post("set_account_disabled", &disable).await;
    assert_eq!(console.authenticates(console.key()).await, 403);
    let page = console.follow(&answer).await;
    for words in ["The account is disabled.", "Disabled", "Since ", "Enable the account"] {
        says(&page, words);
    }
    let owner = console.world.signed_in().await;
    says(&see(&console.world, "/dashboard/developers", &owner).await, "This account is disabled");
    says(&console.see("/admin?state=disabled").await, &console.path());
    says(&console.see("/admin?state=enabled").await, "No account matches.");
    let twice = console.follow(&console.post("set_account_disabled", &disable).await).await;
    says(&twice, "This account is disabled already. Nothing was changed.");

    says(&console.see(&path).await, "If a key has leaked, roll the keys first");
    let answer = console.post("set_account_disabled", &format!("account={id}&disabled=false&reason=sorted")).await;
    says(&console.follow(&answer).await, "The account is enabled.");
    assert_eq!(console.authenticates(console.key()).await, 200);
}

#[tokio::test]
async fn an_admin_ends_a_members_sessions_and_their_next_request_is_at_the_sign_in_page() {
    let console = Console::open().await;
    let (id, person) = (&console.account.account_id, &console.account.user_id);
    let owner = console.world.signed_in().await;
    assert_eq!(see(&console.world, "/dashboard/developers", &owner).await.status, 200);
    let form = console.see(&format!("/admin/account/end-sessions?account={id}&person={person}")).await;
    for words in ["End all sessions of this person", EMAIL] {
        says(&form, words);
    }
    let end = format!("account={id}&person={person}");
    let page = console.follow(&console.post("end_sessions_for", &end).await).await;
    says(&page, "Their sessions have ended.");
    let answer = see(&console.world, "/dashboard/developers", &owner).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (302, "/sign-in"));
    let page = console.follow(&console.post("end_sessions_for", &end).await).await;
    says(&page, "They were signed in nowhere. Nothing was changed.");
}

/// The page named the account, and the admin read whose sessions they end: a member of another account answers like
/// somebody who is not there.
#[tokio::test]
async fn an_admin_ends_the_sessions_of_nobody_but_a_member_of_the_account_named() {
    let console = Console::open().await;
    let new = NewAccount {
        email: "eve@example.org".to_owned(),
        name: String::new(),
        external_id: None,
        password: Some(Password::new(PASSWORD.to_owned())),
    };
    let eve = console.world.backend.create_account(&World::operator(), new).await.unwrap();
    let cookie = console.world.signed_in_as("eve@example.org").await;
    let id = &console.account.account_id;
    let ask = async |person: &str| {
        let form = format!("account={id}&person={person}");
        let answer = console.world.call("end_sessions_for", &[OURS, ("cookie", &console.admin)], &form).await;
        (answer.status.as_u16(), answer.body)
    };
    let missing = ask("user_00000000000000000000000009").await;
    assert_eq!(missing, (404, "\"NOT_FOUND\"".to_owned()));
    assert_eq!(ask(eve.user_id.as_str()).await, missing);
    assert_eq!(see(&console.world, "/dashboard/developers", &cookie).await.status, 200, "still signed in");
}

#[tokio::test]
async fn a_pasted_installation_key_is_named_and_not_echoed() {
    let console = Console::open().await;
    let operator = World::operator();
    let issued = console.world.backend.create_installation_key(&operator, "billing", &[Scope::Read]).await.unwrap();
    let key = issued.key.expose();
    for text in [key.to_owned(), format!(" KEY={key}\n")] {
        let answer = console.find(&text).await;
        assert!(!whole(&answer).contains(key));
        assert_eq!(answer.header("location"), "/admin");
        let page = console.follow(&answer).await;
        says(&page, "This is an installation key.");
        says(&page, &format!("latchkey installation-key revoke --key {}", issued.record.id));
        assert!(!whole(&page).contains(&key[13..]));
    }
    let nobodys = InstallationKey::mint(&Brand::none(), &OsEntropy);
    let page = console.follow(&console.find(nobodys.expose()).await).await;
    says(&page, "there never was this one");
    assert!(!whole(&page).contains(&nobodys.expose()[13..]));
}

#[tokio::test]
async fn who_is_no_admin_finds_no_console_and_changes_nothing() {
    let console = Console::open().await;
    let (id, person) = (&console.account.account_id, &console.account.user_id);
    let owner = console.world.signed_in().await;
    let (before, events) = (console.facts().await, console.events().await.len());
    let nowhere = see(&console.world, "/nowhere", &owner).await;
    for path in [
        "/admin".to_owned(),
        "/admin?q=ada".to_owned(),
        console.path(),
        format!("/admin/account/roll?account={id}&pair={}", console.account.first_pair.pair.id),
        format!("/admin/account/disable?account={id}"),
        format!("/admin/account/end-sessions?account={id}&person={person}"),
        format!("/admin/activity?account={id}"),
    ] {
        let page = see(&console.world, &path, &owner).await;
        assert_eq!(page.status, 404, "{path}");
        let main = |page: &Answer| {
            let after = page.body.split("<main").nth(1).unwrap();
            after.split("</main>").next().unwrap().to_owned()
        };
        assert_eq!(main(&page), main(&nowhere), "{path}: as if it were not there");
        let page = see(&console.world, &path, "").await;
        assert_eq!((page.status.as_u16(), page.header("location")), (302, "/sign-in"), "{path}");
    }
    for (function, form) in [
        ("load_accounts", String::new()),
        ("find_account", format!("text={}", console.key())),
        ("load_account_file", format!("account={id}")),
        ("load_account_activity", format!("query=account%3D{id}")),
        ("roll_for", console.roll("&expire_old=immediately&reason=mine")),
        ("expire_for", format!("account={id}&pair={}", console.account.first_pair.pair.id)),
        ("set_account_disabled", format!("account={id}&disabled=true&reason=mine")),
        ("end_sessions_for", format!("account={id}&person={person}")),
    ] {
        let answer = console.world.call(function, &[OURS, ("cookie", &owner)], &form).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (404, "\"NOT_FOUND\""), "{function}");
        let answer = post(&console.world, function, &owner, &form).await;
        assert!(!whole(&answer).contains(id.as_str()) && !whole(&answer).contains(console.key()), "{function}");
    }
    assert_eq!(console.facts().await, before);
    assert_eq!(console.events().await.len(), events, "nothing is on record");
}

#[tokio::test]
async fn what_is_not_there_is_not_found_by_admins_either() {
    let console = Console::open().await;
    let missing = "acct_00000000000000000000000009";
    let (id, pair) = (&console.account.account_id, "pair_00000000000000000000000009");
    for path in [
        "/admin/account".to_owned(),
        format!("/admin/account?account={missing}"),
        "/admin/account?account=x".to_owned(),
        format!("/admin/account/roll?account={missing}&pair={pair}"),
        format!("/admin/account/roll?account={id}&pair={pair}"),
        format!("/admin/account/roll?account={id}"),
        format!("/admin/account/expire?account={id}&pair={pair}"),
        format!("/admin/account/expire?account={id}"),
        format!("/admin/account/end-sessions?account={id}&person=user_00000000000000000000000009"),
        format!("/admin/activity?account={missing}"),
        format!("/admin/activity?account={missing}&act=key.roll"),
        "/admin/activity?act=key.roll".to_owned(),
    ] {
        assert_eq!(console.see(&path).await.status, 404, "{path}");
    }
    for (function, form) in [
        ("roll_for", format!("account={missing}&pair={pair}&submission={SUBMISSION}&expire_old=1h&reason=x")),
        ("expire_for", format!("account={missing}&pair={pair}")),
        ("expire_for", format!("account={id}&pair={pair}")),
        ("set_account_disabled", format!("account={missing}&disabled=true&reason=x")),
        ("end_sessions_for", format!("account={id}&person=user_00000000000000000000000009")),
    ] {
        let answer = console.world.call(function, &[OURS, ("cookie", &console.admin)], &form).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (404, "\"NOT_FOUND\""), "{function} {form}");
    }
}

#[tokio::test]
async fn accounts_are_listed_sorted_and_filtered_in_the_address_a_page_at_a_time() {
    let console = Console::open().await;
    for nth in 0..55 {
        console.world.clock.set(NOW + 1_000 * (nth + 1));
        let new = NewAccount {
            email: format!("{nth:02}@example.net"),
            name: format!("Company {:02}", 54 - nth),
            external_id: None,
            password: None,
        };
        console.world.backend.create_account(&World::operator(), new).await.unwrap();
    }
    let names = |page: &Answer| -> Vec<String> {
        let parts = page.body.split("class=\"roster__name\"").skip(1);
        parts.map(|part| part.split("<bdi>").nth(1).unwrap().split("<!>").next().unwrap().to_owned()).collect()
    };
    let next = |page: &Answer| -> Option<String> {
        let link = page.body.split("rel=\"next external\"").next()?.rsplit("href=\"").next()?;
        page.body.contains("Next page").then(|| link.split('"').next().unwrap().replace("&amp;", "&"))
    };
    let first = console.see("/admin?q=company&sort=name").await;
    let listed = names(&first);
    assert_eq!((listed.len(), listed[0].as_str(), listed[49].as_str()), (50, "Company 00", "Company 49"));
    let second = console.see(&next(&first).expect("a next page")).await;
    let listed = names(&second);
    assert_eq!((listed.len(), listed[0].as_str(), listed[4].as_str()), (5, "Company 50", "Company 54"));
    assert_eq!(next(&second), None);

    let newest = console.see("/admin?q=COMPANY").await;
    assert_eq!((names(&newest)[0].as_str(), names(&newest).len()), ("Company 00", 50));
    assert_eq!(names(&console.see("/admin?q=12%40example").await), ["Company 42"]);
    assert_eq!(names(&console.see("/admin?q=cus_").await).len(), 1);
    says(&console.see("/admin?q=nobody").await, "No account matches.");
    for query in ["state=broken", "sort=size", "after=x", "page=2", "q=a&q=b"] {
        let page = console.see(&format!("/admin?{query}")).await;
        assert_eq!((page.status.as_u16(), names(&page).len()), (422, 0), "{query}");
    }
}

#[tokio::test]
async fn an_admin_in_no_account_has_the_console_and_their_own_sign_in_and_nothing_else() {
    let console = Console::open().await;
    for path in ["/dashboard/developers", "/dashboard/activity"] {
        let page = console.see(path).await;
        assert_eq!((page.status.as_u16(), page.header("location")), (302, "/admin"), "{path}");
    }
    let entries = |page: &Answer| -> Vec<String> {
        let links = page.body.split("<li><a href=\"").skip(1);
        links.map(|link| link.split('"').next().unwrap().to_owned()).collect()
    };
    for path in ["/admin", "/dashboard/sessions"] {
        let page = console.see(path).await;
        assert_eq!(page.status, 200, "{path}");
        assert_eq!(entries(&page), ["/dashboard/sessions", "/admin"], "{path}");
    }
    let owner = console.world.signed_in().await;
    let tab = see(&console.world, "/dashboard/developers", &owner).await;
    assert_eq!(
        entries(&tab),
        [
            "/dashboard/developers",
            "/dashboard/activity",
            "/dashboard/members",
            "/dashboard/files",
            "/dashboard/sessions"
        ]
    );
}

#[tokio::test]
async fn an_admin_who_is_in_an_account_sees_on_its_pages_nothing_of_others() {
    let console = Console::open().await;
    let new = NewAccount {
        email: "both@example.org".to_owned(),
        name: "Both".to_owned(),
        external_id: None,
        password: Some(Password::new(PASSWORD.to_owned())),
    };
    let own = console.world.backend.create_account(&World::operator(), new).await.unwrap();
    console.world.backend.create_admin(&World::operator(), "both@example.org", None).await.unwrap();
    let both = console.world.signed_in_as("both@example.org").await;
    let tab = see(&console.world, "/dashboard/developers", &both).await;
    says(&tab, own.first_pair.pair.public_key.as_str());
    says(&tab, "href=\"/admin\"");
    for theirs in [console.account.account_id.as_str(), console.account.first_pair.pair.public_key.as_str(), EMAIL] {
        assert!(!tab.body.contains(theirs), "{theirs}");
    }
    // The functions of the dashboard are about their own account, whatever they name.
    let named = &console.account.first_pair.pair.id;
    let form = format!("pair={named}&submission={SUBMISSION}&expire_old=immediately");
    let answer = console.world.call("roll_keys", &[OURS, ("cookie", &both)], &form).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (404, "\"NOT_FOUND\""));
}

#[tokio::test]
async fn an_admin_filters_the_activity_of_an_account_in_the_address() {
    let console = Console::open().await;
    let id = &console.account.account_id;
    let owner = console.world.signed_in().await;
    console.post("roll_for", &console.roll("&expire_old=1h&reason=x")).await;
    assert_eq!(see(&console.world, "/dashboard/developers", &owner).await.status, 200);
    let page = |filter: &str| format!("/admin/activity?account={id}{filter}");
    let rows = |page: &Answer| page.body.matches("activity__row").count();
    let all = console.see(&page("")).await;
    let filtered = [
        ("&act=key.roll", 1),
        ("&act=session.sign_in&act=session.sign_in_refused", 1),
        ("&actor=admin", 1),
        ("&actor=operator&who=test", 1),
        ("&who=eve%40example.org", 0),
        ("&until=2026-11-23T09%3A02", 0),
        ("&from=2026-11-23T09%3A02&act=&actor=&who=", rows(&all)),
    ];
    assert!(rows(&all) >= 3);
    for (filter, expected) in filtered {
        let seen = console.see(&page(filter)).await;
        assert_eq!((seen.status.as_u16(), rows(&seen)), (200, expected), "{filter}");
        assert!(seen.body.contains(&format!("name=\"account\" value=\"{id}\"")), "the form stays at the account");
    }
    says(&all, "You, as an admin, rolled the keys");
    says(&all, "Programs with the account's keys");
    for wrong in ["&from=yesterday", "&act=key.rotate", "&x=1", "&older=evt_00000000000000000000000009"] {
        let seen = console.see(&page(wrong)).await;
        assert_eq!((seen.status.as_u16(), rows(&seen)), (422, 0), "{wrong}");
    }
    // The account's page has a way of its own to the sign-ins, and the trail's page one back to all of it.
    let account = console.see(&console.path()).await;
    let sign_ins = account.body.split("href=\"").filter_map(|rest| rest.split('"').next());
    let sign_ins = sign_ins.map(|href| href.replace("&amp;", "&")).find(|href| href.contains("act=")).expect("a way");
    let seen = console.see(&sign_ins).await;
    assert_eq!((seen.status.as_u16(), rows(&seen)), (200, 1), "{sign_ins}");
    says(&seen, "signed in.");
    says(&seen, &format!("href=\"{}\"", page("")));
}

#[tokio::test]
async fn an_admin_reads_the_activity_of_an_account_a_page_at_a_time() {
    let console = Console::open().await;
    let id = &console.account.account_id;
    for _ in 0..60 {
        console.world.backend.reveal(&World::operator(), id, None, None).await.unwrap();
    }
    let first = console.see(&format!("/admin/activity?account={id}")).await;
    assert_eq!(first.status, 200);
    let rows = |page: &Answer| page.body.matches("activity__row").count();
    assert_eq!(rows(&first), 50);
    let older = first.body.split("rel=\"next external\"").next().unwrap().rsplit("href=\"").next().unwrap();
    let older = console.see(&older.split('"').next().unwrap().replace("&amp;", "&")).await;
    assert_eq!((older.status.as_u16(), rows(&older)), (200, 11));
    says(&older, "created the account and its first key pair");
}

/// Sends a form of our own pages to a server function, as a browser without JavaScript does; answers all of the answer.
fn send_form(served: &Served, function: &str, cookie: &str, form: &str) -> String {
    let mut stream = TcpStream::connect(served.addr).unwrap();
    write!(
        stream,
        "POST {} HTTP/1.1\r\nHost: {}\r\nSec-Fetch-Site: same-origin\r\nAccept: text/html\r\nCookie: {cookie}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{form}",
        crate::world::server_function(function),
        served.addr,
        form.len()
    )
    .unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).unwrap();
    said
}

/// Everything an admin does with a leaked key, against the program with its log at its loudest.
#[test]
fn a_pasted_key_is_in_no_line_of_the_log_and_in_no_file() {
    let place = Place::new();
    let served = place.serve(&[("LATCHKEY_LOG", "debug")]);
    let created = place.run(&["account", "create", "--email", EMAIL, "--json"]).json();
    let key = created["key_pair"]["private_key"].as_str().unwrap();
    let unknown = domain::PrivateKey::mint(&domain::Brand::none(), &backend::OsEntropy).expose().to_owned();
    let made =
        place.run_with_input(&["admin", "create", "--email", ADMIN, "--password-stdin"], &format!("{PASSWORD}\n"));
    assert_eq!(made.code, 0, "{}", made.err);
    let signed_in = send_form(&served, "sign_in", "", &format!("email={}&password={}", plus(ADMIN), plus(PASSWORD)));
    let cookie = signed_in.split("set-cookie: latchkey=").nth(1).unwrap().split(';').next().unwrap();
    let cookie = format!("latchkey={cookie}");
    let mut answers = String::new();
    let texts = [
        key,
        &unknown,
        &key[..key.len() - 3],
        &format!("{key}x"),
        &key["private_".len()..],
        &format!("{key} {unknown}"),
    ];
    for text in texts {
        let answer = send_form(&served, "find_account", &cookie, &format!("text={}", encoded(text)));
        assert!(answer.starts_with("HTTP/1.1 302"), "{answer}");
        answers.push_str(&answer);
    }
    assert!(answers.contains("/admin/account?account="), "{answers}");
    served.stop();
    let log = std::fs::read_to_string(place.path("serve.log")).unwrap();
    assert!(log.matches("answered").count() > texts.len(), "{log}");
    let directory = crate::canary::leaks(place.directory.path(), &[key.to_owned(), unknown.clone()]);
    assert!(directory.is_empty(), "{directory:?}");
    for secret in [key, &unknown] {
        assert!(!answers.contains(&secret["private_".len()..]), "{answers}");
    }
}

#[tokio::test]
async fn a_program_that_finds_by_key_is_led_to_the_account_and_told_nothing_else() {
    let console = Console::open().await;
    let headers = [OURS, ("cookie", console.admin.as_str()), ("accept", "application/json")];
    let answer = console.world.call("find_account", &headers, &format!("text={}", console.key())).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, "null"));
    let browser = console.world.call("find_account", &[OURS, BROWSER, headers[1]], "text=").await;
    assert_eq!(browser.status, 302);
}
