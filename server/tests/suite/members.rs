//! The people of an account, as browsers without JavaScript meet them: inviting, joining, roles, leaving, and the account
//! that a session acts in.

use crate::invitations::{keys_of, place_in_use};
use crate::people::{BROWSER, cookies_after, plus, post, see};
use crate::world::{Answer, EMAIL, PASSWORD, World};
use backend::accounts::{CreatedAccount, NewAccount};
use backend::store::Store as _;
use domain::audit::Act;
use domain::{AccountId, Password, Role};

const MEMBERS: &str = "/dashboard/members";
const JOIN: &str = "/invitation/join";
const ACCOUNTS: &str = "/dashboard/accounts";
const EVE: &str = "eve@example.org";

/// Makes another account, with an owner who signs in with the usual password.
async fn account_of(world: &World, email: &str) -> CreatedAccount {
    let new = NewAccount {
        email: email.to_owned(),
        name: format!("Of {email}"),
        external_id: None,
        password: Some(Password::new(PASSWORD.to_owned())),
    };
    world.backend.create_account(&World::operator(), new).await.unwrap()
}

fn leads_to(answer: &Answer) -> (u16, &str) {
    (answer.status.as_u16(), answer.header("location"))
}

/// Invites by the form; the secret of the link that the next page shows, and the cookies after it.
async fn invite(world: &World, cookie: &str, account: &AccountId, email: &str, role: Role) -> (String, String) {
    let form = format!("account={account}&email={}&role={}", plus(email), role.as_str());
    let answer = post(world, "invite_member", cookie, &form).await;
    assert_eq!(leads_to(&answer), (302, MEMBERS), "{}", answer.body);
    let cookie = cookies_after(cookie, &answer);
    let page = see(world, MEMBERS, &cookie).await;
    let (_, link) = page.body.split_once("http://127.0.0.1:3000/invitation#").expect("a link");
    (link[..43].to_owned(), cookies_after(&cookie, &page))
}

/// A browser in which the link was opened.
async fn opened(world: &World, cookie: &str, secret: &str) -> String {
    let answer = post(world, "open_invitation", cookie, &format!("link={secret}")).await;
    assert_eq!(leads_to(&answer), (302, JOIN));
    cookies_after(cookie, &answer)
}

async fn roles(world: &World, account: &AccountId) -> Vec<(String, Role)> {
    let members = world.store.list_members(account).await.unwrap();
    members.into_iter().map(|member| (member.email.to_string(), member.role)).collect()
}

#[tokio::test]
async fn an_owner_invites_and_somebody_new_joins_where_sign_up_is_closed() {
    let world = World::with(&[("LATCHKEY_PUBLIC_URL", "http://127.0.0.1:3000"), ("LATCHKEY_SIGN_UP", "closed")]).await;
    let account = world.account().await.account_id;
    let owner = world.signed_in().await;
    let (secret, owner) = invite(&world, &owner, &account, EVE, Role::Developer).await;
    // The link is shown once, and stands in no other page.
    let page = see(&world, MEMBERS, &owner).await;
    assert!(!page.body.contains(&secret) && page.body.contains(EVE), "{}", page.body);

    // Whoever looks at links before people do finds a page, and uses nothing up.
    for path in ["/invitation", JOIN] {
        assert_eq!(see(&world, path, "").await.status, 200);
    }
    let eve = opened(&world, "", &secret).await;
    for _ in 0..3 {
        let page = see(&world, JOIN, &eve).await;
        for said in [EVE, "Developer", EMAIL, "Choose this password and join"] {
            assert!(page.body.contains(said), "{said}: {}", page.body);
        }
        assert!(!page.body.contains(&secret));
    }
    assert_eq!(roles(&world, &account).await.len(), 1);

    let answer = post(&world, "join_new", &eve, "password=short").await;
    assert!(answer.header("location").starts_with(&format!("{JOIN}?")), "{}", answer.header("location"));
    assert!(see(&world, answer.header("location"), &eve).await.body.contains("Use at least 15 characters."));
    let answer = post(&world, "join_new", &eve, &format!("password={}", plus(PASSWORD))).await;
    assert_eq!(leads_to(&answer), (302, "/dashboard/developers"));
    let eve = cookies_after(&eve, &answer);
    assert!(!eve.contains(&secret), "forgotten once it is used: {eve}");
    let page = see(&world, "/dashboard/developers", &eve).await;
    assert!(page.body.contains("Roll keys") && page.body.contains(EVE), "{}", page.body);
    assert_eq!(roles(&world, &account).await[1], (EVE.to_owned(), Role::Developer));
    // A second time it is nothing.
    let again = post(&world, "open_invitation", "", &format!("link={secret}")).await;
    assert!(again.header("location").starts_with("/invitation?"), "{}", again.header("location"));
}

#[tokio::test]
async fn somebody_signed_in_joins_with_a_click_and_somebody_else_is_told() {
    let world = World::http().await;
    let account = world.account().await.account_id;
    let eves = account_of(&world, EVE).await.account_id;
    let (secret, owner) = invite(&world, &world.signed_in().await, &account, EVE, Role::Viewer).await;

    // The owner themselves opens it, to see.
    let wrong = opened(&world, &owner, &secret).await;
    let page = see(&world, JOIN, &wrong).await;
    assert!(page.body.contains("You are signed in as") && page.body.contains("Sign out and go on"), "{}", page.body);
    let answer = post(&world, "join_account", &wrong, "").await;
    assert!(answer.header("location").contains(JOIN), "{}", answer.header("location"));
    assert_eq!(roles(&world, &account).await.len(), 1);
    // Signed out there, the invitation is still in hand.
    let answer = post(&world, "sign_out", &wrong, "").await;
    assert_eq!(leads_to(&answer), (302, JOIN));
    let out = cookies_after(&wrong, &answer);
    let form = format!("email={}&password={}", plus(EVE), plus(PASSWORD));
    let answer = post(&world, "sign_in", &out, &form).await;
    assert_eq!(leads_to(&answer), (302, JOIN));
    let eve = cookies_after(&out, &answer);
    assert!(see(&world, JOIN, &eve).await.body.contains(">Join<"));
    let answer = post(&world, "join_account", &eve, "").await;
    assert_eq!(leads_to(&answer), (302, "/dashboard/developers"));
    let eve = cookies_after(&eve, &answer);
    assert!(!eve.contains(&secret));

    // There, as a viewer: what they may not is disabled, and says why.
    let page = see(&world, "/dashboard/developers", &eve).await.body;
    assert!(page.contains("You are a viewer of this account: only an owner or a developer can reveal"), "{page}");
    // A page that only says why it is not drawn is named all the same.
    let refused = see(&world, "/dashboard/activity", &eve).await.body;
    for element in ["<title>Activity</title>", "<h1>Activity<", "Go to the API keys"] {
        assert!(refused.contains(element), "{element}: {refused}");
    }
    let button = |label: &str, body: &str| {
        let at = body.find(&format!("aria-label=\"{label}\"")).unwrap_or_else(|| panic!("{label}"));
        body[body[..at].rfind("<button").unwrap()..].split_once('>').unwrap().0.to_owned()
    };
    for label in ["Reveal private key", "Copy private key"] {
        let button = button(label, &page);
        assert!(button.contains(" disabled") && button.contains("aria-describedby=\"why-not\""), "{button}");
    }
    assert!(page.contains("(<!>for owners and developers") || page.contains("for owners and developers"), "{page}");
    let page = see(&world, ACCOUNTS, &eve).await.body;
    assert!(page.contains(&format!("Of {EVE}")) && page.contains("You are here"), "{page}");
    assert_eq!(roles(&world, &eves).await.len(), 1);
}

#[tokio::test]
async fn a_tab_of_another_account_changes_nothing_in_this_one() {
    let world = World::http().await;
    let account = world.account().await;
    let other = account_of(&world, EVE).await;
    let (secret, _) = invite(&world, &world.signed_in().await, &account.account_id, EVE, Role::Owner).await;
    let eve = opened(&world, &world.signed_in_as(EVE).await, &secret).await;
    let answer = post(&world, "join_account", &eve, "").await;
    let eve = cookies_after(&eve, &answer);
    // The session is in the account joined. A tab still shows the one it was in.
    let stale = &other.first_pair.pair.id;
    let owner_id = &account.user_id;
    let submission = world.backend.mint_submission();
    let theirs = &other.account_id;
    let before = world.store.list_events(None, 1_000).await.unwrap().len();
    for (function, form) in [
        ("roll_keys", format!("pair={stale}&submission={submission}&expire_old=immediately")),
        ("expire_now", format!("pair={stale}")),
        ("invite_member", format!("account={theirs}&email=x%40example.org&role=owner")),
        ("change_role", format!("account={theirs}&person={owner_id}&role=viewer")),
        ("remove_member", format!("account={theirs}&person={owner_id}")),
    ] {
        let answer = world.call(function, &[("sec-fetch-site", "same-origin"), ("cookie", &eve)], &form).await;
        assert_eq!((answer.status.as_u16(), answer.body.contains("NOT_FOUND")), (404, true), "{function}");
    }
    let csv = format!("/dashboard/activity.csv?account={theirs}");
    let file = world.send("POST", &csv, &[BROWSER, ("sec-fetch-site", "same-origin"), ("cookie", &eve)], "").await;
    assert_eq!(file.status, 404);
    for account in [&account.account_id, theirs] {
        assert_eq!(world.store.list_pairs(account).await.unwrap().len(), 1);
        assert!(world.store.find_latest_roll(account).await.unwrap().is_none());
    }
    let after = world.store.list_events(None, 1_000).await.unwrap();
    let done = after[..after.len() - before].iter().filter(|event| !event.act.as_str().ends_with("_refused")).count();
    assert_eq!(done, 0, "only refusals are on record");
    assert_eq!(roles(&world, &account.account_id).await.len(), 2);

    // Back by the switch; an account that is not theirs is none to go to.
    let go = |account: &AccountId| format!("account={account}");
    let answer = post(&world, "switch_account", &eve, &go(theirs)).await;
    assert_eq!(leads_to(&answer), (302, "/dashboard/developers"));
    assert!(see(&world, "/dashboard/developers", &eve).await.body.contains(&format!("Of {EVE}")));
    let third = account_of(&world, "kim@example.org").await.account_id;
    let answer = post(&world, "switch_account", &eve, &go(&third)).await;
    assert!(answer.header("location").starts_with(&format!("{ACCOUNTS}?")), "{}", answer.header("location"));
    let page = see(&world, answer.header("location"), &eve).await;
    assert!(page.body.contains("There is nothing here with this name."), "{}", page.body);
}

#[tokio::test]
async fn a_removed_member_is_nobody_there_with_their_next_click() {
    let world = World::http().await;
    let account = world.account().await.account_id;
    let (secret, owner) = invite(&world, &world.signed_in().await, &account, EVE, Role::Developer).await;
    let eve = opened(&world, "", &secret).await;
    let answer = post(&world, "join_new", &eve, &format!("password={}", plus(PASSWORD))).await;
    let eve = cookies_after(&eve, &answer);
    let eve_id = world.store.list_members(&account).await.unwrap()[1].user_id.clone();

    let page = see(&world, &format!("{MEMBERS}/remove?person={eve_id}"), &owner).await;
    assert!(page.body.contains("They could reveal the private key") && page.body.contains(EVE), "{}", page.body);
    let answer = post(&world, "remove_member", &owner, &format!("account={account}&person={eve_id}")).await;
    assert_eq!(leads_to(&answer), (302, MEMBERS));
    let page = see(&world, MEMBERS, &cookies_after(&owner, &answer)).await;
    assert!(page.body.contains("roll the keys."), "{}", page.body);

    // In no account: told so, with what to do, and still themselves.
    for path in ["/dashboard/developers", MEMBERS, "/dashboard/activity"] {
        assert_eq!(leads_to(&see(&world, path, &eve).await), (302, ACCOUNTS), "{path}");
    }
    let page = see(&world, ACCOUNTS, &eve).await;
    assert!(page.body.contains("You are in no account at the moment."), "{}", page.body);
    assert!(page.body.contains("Your sign-in") && !page.body.contains("API keys"), "{}", page.body);
    assert_eq!(see(&world, "/dashboard/sessions", &eve).await.status, 200);
    let form = format!("email={}&password={}", plus(EVE), plus(PASSWORD));
    let answer = post(&world, "sign_in", "", &form).await;
    let again = cookies_after("", &answer);
    assert_eq!(leads_to(&see(&world, answer.header("location"), &again).await), (302, ACCOUNTS));
}

#[tokio::test]
async fn the_last_owner_is_told_and_stays() {
    let world = World::http().await;
    let account = world.account().await;
    let owner = world.signed_in().await;
    let page = see(&world, MEMBERS, &owner).await;
    assert!(page.body.contains("You are the only owner."), "{}", page.body);
    assert_eq!(page.body.matches("aria-describedby=\"last-owner\"").count(), 2, "{}", page.body);
    let named = format!("account={}&person={}", account.account_id, account.user_id);
    for (function, form, page) in
        [("remove_member", named.clone(), "remove"), ("change_role", format!("{named}&role=viewer"), "role")]
    {
        let answer = post(&world, function, &owner, &form).await;
        assert!(answer.header("location").starts_with(&format!("{MEMBERS}/{page}?")), "{}", answer.header("location"));
        let page = see(&world, answer.header("location"), &owner).await;
        assert!(page.body.contains("An account keeps at least one owner."), "{}", page.body);
    }
    assert_eq!(roles(&world, &account.account_id).await, [(EMAIL.to_owned(), Role::Owner)]);
    let refused = world.store.list_events(None, 2).await.unwrap();
    assert_eq!(
        refused.iter().map(|event| event.act).collect::<Vec<_>>(),
        [Act::MemberRoleRefused, Act::MemberRemoveRefused]
    );
}

#[tokio::test]
async fn inviting_asks_for_the_password_when_it_is_due_and_keeps_what_was_typed() {
    let world = World::http().await;
    let account = world.account().await.account_id;
    let owner = world.signed_in().await;
    world.clock.set(crate::world::NOW + 300_000);
    let form = format!("account={account}&email={}&role=viewer", plus(EVE));
    for (form, said) in [
        (form.clone(), "Enter your password to go on."),
        (format!("{form}&password=not+my+password"), "This is not your password."),
        (form.replace("role=viewer", "role=root"), "Choose a role."),
        (form.replace("%40", "+at+"), "Enter an e-mail address"),
    ] {
        let answer = post(&world, "invite_member", &owner, &form).await;
        assert!(answer.header("location").starts_with(&format!("{MEMBERS}/invite?")), "{}", answer.header("location"));
        let page = see(&world, answer.header("location"), &cookies_after(&owner, &answer)).await;
        assert!(page.body.contains(said), "{said}: {}", page.body);
        assert!(page.body.contains("value=\"eve"), "what was typed stays: {}", page.body);
    }
    assert_eq!(world.store.list_invitations_into(&account).await.unwrap(), []);
    let answer = post(&world, "invite_member", &owner, &format!("{form}&password={}", plus(PASSWORD))).await;
    assert_eq!(leads_to(&answer), (302, MEMBERS));
}

#[test]
fn an_operator_lists_invites_and_removes_members() {
    let place = place_in_use();
    let found = place.run(&["account", "find", "ada@example.org", "--json"]).json();
    let account = found["account_id"].as_str().expect("found").to_owned();
    let run = |rest: &[&str]| {
        let (verb, rest) = rest.split_first().unwrap();
        place.run(&[&["member", verb, "--account", &account], rest, &["--json"]].concat())
    };
    let made = run(&["invite", "--email", "Eve@example.org", "--role", "developer"]).json();
    assert_eq!(keys_of(&made), ["id", "email", "role", "link", "created_by", "created_at", "expires_at"].into(),);
    assert_eq!(
        (&made["email"], &made["role"], &made["created_by"]),
        (&EVE.into(), &"developer".into(), &"tester".into())
    );
    let listed = run(&["list"]).json();
    assert_eq!(keys_of(&listed), ["members", "invitations"].into());
    assert_eq!(keys_of(&listed["members"][0]), ["user_id", "email", "role", "joined_at", "has_password"].into());
    assert_eq!(listed["invitations"][0]["id"], made["id"]);
    let said = place.run(&["member", "list", "--account", &account]).out;
    assert!(said.starts_with("PERSON") && said.contains("ada@example.org") && said.contains("invited until"), "{said}");
    for (refused, code) in [
        (run(&["set-role", "--email", "ada@example.org", "--role", "viewer"]), "LAST_OWNER"),
        (run(&["remove", "--email", "ada@example.org"]), "LAST_OWNER"),
        (run(&["remove", "--email", EVE]), "NOT_FOUND"),
        (run(&["invite", "--email", "ada@example.org", "--role", "viewer"]), "MEMBER_ALREADY"),
        (run(&["invite", "--email", "nobody", "--role", "viewer"]), "EMAIL_INVALID"),
    ] {
        assert_eq!(refused.refusal()["code"], code);
    }
    assert_eq!(run(&["invite", "--email", EVE, "--role", "root"]).code, 2);
    let revoked = place.run(&["invitation", "revoke", "--invitation", made["id"].as_str().unwrap()]);
    assert_eq!(revoked.code, 0, "{}", revoked.err);
    assert_eq!(run(&["list"]).json()["invitations"], serde_json::json!([]));
}
