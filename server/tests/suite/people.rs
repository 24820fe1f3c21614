//! A person's own page: their sessions, their address, their password; and coming in by invitation.

use crate::world::{Answer, EMAIL, PASSWORD, World};
use backend::store::Store as _;
use domain::audit::Act;

pub const BROWSER: (&str, &str) = ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8");
pub const OURS: (&str, &str) = ("sec-fetch-site", "same-origin");
const PAGE: &str = "/dashboard/sessions";
const NEW: &str = "velvet cactus piano 42 moon";
const FIREFOX: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0";

pub fn plus(text: &str) -> String {
    text.replace('@', "%40").replace(' ', "+")
}

/// The `Cookie` header of a browser that has got this answer, on top of what it had.
pub fn cookies_after(had: &str, answer: &Answer) -> String {
    let mut cookies: Vec<(String, String)> = Vec::new();
    let set = answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap());
    for cookie in had.split("; ").chain(set).filter(|cookie| !cookie.is_empty()) {
        let (pair, marks) = cookie.split_once(';').unwrap_or((cookie, ""));
        let (name, value) = pair.split_once('=').expect("a pair");
        cookies.retain(|(other, _)| other != name);
        if !marks.contains("Max-Age=0") {
            cookies.push((name.to_owned(), value.to_owned()));
        }
    }
    cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
}

/// Sends a form as a browser without JavaScript does.
pub async fn post(world: &World, function: &str, cookie: &str, form: &str) -> Answer {
    world.call(function, &[OURS, BROWSER, ("cookie", cookie), ("user-agent", FIREFOX)], form).await
}

pub async fn see(world: &World, path: &str, cookie: &str) -> Answer {
    world.get(path, &[BROWSER, ("cookie", cookie)]).await
}

/// A browser in which the owner has signed in.
async fn signed_in(world: &World, typed: &str) -> String {
    let form = format!("email={}&password={}", plus(EMAIL), plus(typed));
    let answer = post(world, "sign_in", "", &form).await;
    assert_eq!(answer.header("location"), "/dashboard/developers");
    cookies_after("", &answer)
}

/// The ids of the sessions that the page offers to end, the own one first.
fn sessions_on(page: &Answer) -> Vec<String> {
    let parts = page.body.split("name=\"session\" value=\"").skip(1);
    parts.map(|part| part.split('"').next().unwrap().to_owned()).collect()
}

fn is_sent_to_sign_in(answer: &Answer) -> bool {
    (answer.status.as_u16(), answer.header("location")) == (302, "/sign-in")
}

#[tokio::test]
async fn a_person_ends_one_session_and_its_next_request_is_at_the_sign_in_page() {
    let world = World::http().await;
    world.account().await;
    let (here, there) = (signed_in(&world, PASSWORD).await, signed_in(&world, PASSWORD).await);
    let page = see(&world, PAGE, &here).await;
    assert_eq!(page.status, 200);
    for said in ["Firefox on Windows", "This session", "In the last minute", "30 minutes", "12 hours"] {
        assert!(page.body.contains(said), "{said}: {}", page.body);
    }
    let sessions = sessions_on(&page);
    assert_eq!(sessions.len(), 2);

    assert_eq!(see(&world, PAGE, &there).await.status, 200);
    let answer = post(&world, "end_session", &here, &format!("session={}", sessions[1])).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (302, PAGE));
    assert!(is_sent_to_sign_in(&see(&world, "/dashboard/developers", &there).await));
    assert!(is_sent_to_sign_in(&see(&world, PAGE, &there).await));

    // It is said once.
    let here = cookies_after(&here, &answer);
    let page = see(&world, PAGE, &here).await;
    assert!(page.body.contains("The session has ended. Whatever it asks for next is refused."), "{}", page.body);
    assert_eq!(sessions_on(&page).len(), 1);
    let page = see(&world, PAGE, &cookies_after(&here, &page)).await;
    assert!(!page.body.contains("Whatever it asks for next") && page.body.contains("signed in nowhere else"));
}

#[tokio::test]
async fn a_person_ends_all_other_sessions_and_their_own() {
    let world = World::http().await;
    world.account().await;
    let here = signed_in(&world, PASSWORD).await;
    let others = [signed_in(&world, PASSWORD).await, signed_in(&world, PASSWORD).await];
    let answer = post(&world, "end_other_sessions", &here, "").await;
    assert_eq!(answer.header("location"), PAGE);
    for other in &others {
        assert!(is_sent_to_sign_in(&see(&world, PAGE, other).await));
    }
    let own = sessions_on(&see(&world, PAGE, &here).await).remove(0);
    let answer = post(&world, "end_session", &here, &format!("session={own}")).await;
    assert_eq!(answer.header("location"), "/sign-in");
    assert!(!cookies_after(&here, &answer).contains("latchkey="), "the cookie is taken away");
    assert!(is_sent_to_sign_in(&see(&world, PAGE, &here).await));
}

#[tokio::test]
async fn ending_a_session_leads_to_the_password_when_it_is_due() {
    let world = World::http().await;
    world.account().await;
    let (here, there) = (signed_in(&world, PASSWORD).await, signed_in(&world, PASSWORD).await);
    let session = sessions_on(&see(&world, PAGE, &here).await).remove(1);
    world.clock.set(crate::world::NOW + 300_000);
    for (function, form, about) in [
        ("end_session", format!("session={session}"), format!("/dashboard/sessions/end?session={session}&")),
        ("end_other_sessions", String::new(), "/dashboard/sessions/end?".to_owned()),
    ] {
        let answer = post(&world, function, &here, &form).await;
        assert!(answer.header("location").starts_with(&about), "{}", answer.header("location"));
        let page = see(&world, answer.header("location"), &here).await;
        assert!(page.body.contains("Enter your password to go on."), "{}", page.body);
        assert!(page.body.contains("autocomplete=\"current-password\""));
    }
    assert_eq!(see(&world, PAGE, &there).await.status, 200);
    let form = format!("session={session}&password={}", plus(PASSWORD));
    assert_eq!(post(&world, "end_session", &here, &form).await.header("location"), PAGE);
    assert!(is_sent_to_sign_in(&see(&world, PAGE, &there).await));
    let gone = see(&world, &format!("/dashboard/sessions/end?session={session}"), &here).await;
    assert!(gone.body.contains("You have no such session."), "{}", gone.body);
}

#[tokio::test]
async fn a_person_changes_their_password_and_is_told_what_is_wrong_beside_the_field() {
    let world = World::http().await;
    world.account().await;
    let (here, there) = (signed_in(&world, PASSWORD).await, signed_in(&world, PASSWORD).await);
    for (old, new, field, said) in [
        ("not my password", NEW, "current_password", "This is not your password."),
        (PASSWORD, "short", "new_password", "Use at least 15 characters."),
    ] {
        let form = format!("current_password={}&new_password={}", plus(old), plus(new));
        let answer = post(&world, "change_password", &here, &form).await;
        let location = answer.header("location");
        assert!(location.starts_with("/dashboard/sessions?") && !location.contains("short"), "{location}");
        let page = see(&world, location, &here).await.body;
        let (_, error) = page.split_once(&format!("id=\"field-{field}-error\"")).expect("the field's error");
        assert!(error.split("</p>").next().unwrap().contains(said), "{said}");
        assert!(page.contains(&format!("aria-describedby=\"field-{field}-error\"")), "{page}");
    }
    let form = format!("current_password={}&new_password={}", plus(PASSWORD), plus(NEW));
    let answer = post(&world, "change_password", &here, &form).await;
    assert_eq!(answer.header("location"), PAGE);
    let page = see(&world, PAGE, &cookies_after(&here, &answer)).await;
    assert!(page.body.contains("Your password is changed. Your other sessions have ended."), "{}", page.body);
    assert!(is_sent_to_sign_in(&see(&world, PAGE, &there).await));
    signed_in(&world, NEW).await;
}

#[tokio::test]
async fn a_person_changes_their_address_and_what_they_typed_is_kept() {
    let world = World::http().await;
    world.account().await;
    let here = signed_in(&world, PASSWORD).await;
    let form = |email: &str, typed: &str| format!("email={}&password={}", plus(email), plus(typed));
    let answer = post(&world, "change_email", &here, &form("ada.new@example.org", "not my password")).await;
    let had = cookies_after(&here, &answer);
    let page = see(&world, answer.header("location"), &had).await;
    assert!(page.body.contains("value=\"ada.new@example.org\""), "{}", page.body);
    assert!(page.body.contains("aria-describedby=\"field-password-error\""), "{}", page.body);

    let answer = post(&world, "change_email", &had, &form("ada.new@example.org", PASSWORD)).await;
    assert_eq!(answer.header("location"), PAGE);
    let page = see(&world, PAGE, &cookies_after(&had, &answer)).await;
    assert!(page.body.contains("Your e-mail address is changed"), "{}", page.body);
    assert!(page.body.contains("<strong>ada.new@example.org"), "{}", page.body);
}

#[tokio::test]
async fn a_link_cannot_make_a_page_say_that_something_was_done() {
    let world = World::http().await;
    world.account().await;
    let here = signed_in(&world, PASSWORD).await;
    for query in ["said=password-changed", "latchkey-said=password-changed", "__path=x&__err=password-changed"] {
        let page = see(&world, &format!("{PAGE}?{query}"), &here).await;
        assert!(page.status.is_success() && !page.body.contains("is changed."), "{query}");
    }
}

async fn invite(world: &World, email: Option<&str>) -> String {
    world.backend.create_invitation(&World::operator(), email).await.unwrap().link.expose()
}

async fn by_invitation() -> World {
    World::with(&[("LATCHKEY_PUBLIC_URL", "http://127.0.0.1:3000"), ("LATCHKEY_SIGN_UP", "invite")]).await
}

#[tokio::test]
async fn somebody_invited_signs_up_without_javascript() {
    let world = by_invitation().await;
    let page = see(&world, "/sign-up", "").await;
    assert!(page.body.contains("Sign-up is by invitation here.") && !page.body.contains("<form"), "{}", page.body);
    assert!(see(&world, "/sign-in", "").await.body.contains("href=\"/invitation\""));

    let secret = invite(&world, Some("eve@example.org")).await;
    assert!(see(&world, "/invitation", "").await.body.contains("name=\"link\""));
    let answer = post(&world, "open_invitation", "", &format!("link=+{secret}+")).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (302, "/sign-up"));
    let cookie = cookies_after("", &answer);
    let page = see(&world, "/sign-up", &cookie).await;
    assert!(page.body.contains("value=\"eve@example.org\"") && page.body.contains("readonly"), "{}", page.body);
    assert!(!page.body.contains(&secret), "the code is in no page");

    let form = |email: &str| format!("email={}&invited=true&password={}", plus(email), plus(NEW));
    let answer = post(&world, "sign_up", &cookie, &form("mallory@example.org")).await;
    assert_eq!(world.store.list_invitations().await.unwrap().len(), 1, "{}", answer.header("location"));
    let answer = post(&world, "sign_up", &cookie, &form("eve@example.org")).await;
    assert_eq!(answer.header("location"), "/dashboard/developers");
    let cookie = cookies_after(&cookie, &answer);
    assert!(!cookie.contains("invitation"), "{cookie}");
    assert_eq!(see(&world, PAGE, &cookie).await.status, 200);
    assert_eq!(world.store.list_invitations().await.unwrap(), []);
}

#[tokio::test]
async fn without_an_invitation_nobody_signs_up_and_a_dead_one_says_so() {
    let world = by_invitation().await;
    let ours = [OURS];
    let form = format!("email=eve%40example.org&password={}", plus(NEW));
    let answer = world.call("sign_up", &ours, &form).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (403, "\"INVITATION_NEEDED\""));
    let answer = world.call("sign_up", &ours, &format!("{form}&invited=true")).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (410, "\"INVITATION_INVALID\""));

    let secret = invite(&world, None).await;
    let opened = post(&world, "open_invitation", "", &format!("link={secret}")).await;
    let cookie = cookies_after("", &opened);
    world.clock.set(crate::world::NOW + 7 * 86_400_000);
    let sentence = "This invitation has been used or revoked, or is older than 7 days.";
    assert!(see(&world, "/sign-up", &cookie).await.body.contains(sentence));
    let answer = post(&world, "open_invitation", "", &format!("link={secret}")).await;
    assert!(answer.header("location").starts_with("/invitation?"), "{}", answer.header("location"));
    assert!(!answer.header("location").contains(&secret));
    assert!(see(&world, answer.header("location"), "").await.body.contains(sentence));
}

#[tokio::test]
async fn two_who_sign_up_with_one_invitation_at_once_make_one_account() {
    let world = by_invitation().await;
    let secret = invite(&world, None).await;
    let cookie = cookies_after("", &post(&world, "open_invitation", "", &format!("link={secret}")).await);
    let headers = [OURS, ("cookie", cookie.as_str())];
    let form = |email: &str| format!("email={email}%40example.org&invited=true&password={}", plus(NEW));
    let (one, two) = (form("eve"), form("joe"));
    let (one, two) = tokio::join!(world.call("sign_up", &headers, &one), world.call("sign_up", &headers, &two));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 410], "{} {}", one.body, two.body);
    let events = world.store.list_events(None, 100).await.unwrap();
    let made = |act: Act| events.iter().filter(|event| event.act == act).count();
    assert_eq!((made(Act::AccountCreate), made(Act::InvitationUse)), (1, 1));
}

#[tokio::test]
async fn a_closed_installation_opens_no_invitation_to_sign_up() {
    let world = World::with(&[("LATCHKEY_SIGN_UP", "closed")]).await;
    let secret = invite(&world, None).await;
    let page = see(&world, "/sign-up", &format!("latchkey-invitation={secret}")).await;
    assert!(page.body.contains("Sign-up is closed here.") && !page.body.contains("<form"), "{}", page.body);
    // The page asks for a code here too: one into an account is as good as ever. This one is told what is so.
    let answer = post(&world, "open_invitation", "", &format!("link={secret}")).await;
    assert!(answer.header("location").starts_with("/invitation?"), "{}", answer.header("location"));
    assert!(!answer.headers.contains_key("set-cookie"));
    let page = see(&world, answer.header("location"), "").await;
    assert!(page.body.contains("Sign-up is closed here.") && page.body.contains("<form"), "{}", page.body);
    let answer = world.call("open_invitation", &[OURS], &format!("link={secret}")).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (403, "\"SIGN_UP_CLOSED\""));
    let form = format!("email=eve%40example.org&invited=true&password={}", plus(NEW));
    let headers = [OURS, ("cookie", &*format!("latchkey-invitation={secret}"))];
    let answer = world.call("sign_up", &headers, &form).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (403, "\"SIGN_UP_CLOSED\""));
}

#[tokio::test]
async fn the_sign_in_page_says_what_to_do_without_a_password_and_after_setting_one() {
    let world = World::http().await;
    world.account().await;
    let page = see(&world, "/sign-in", "").await;
    assert!(page.body.contains("Forgot your password? Ask whoever runs this installation"), "{}", page.body);

    let link = world.backend.create_password_link(&World::operator(), EMAIL).await.unwrap().expose();
    let answer = post(&world, "set_password", "", &format!("link={link}&password={}", plus(NEW))).await;
    assert_eq!(answer.header("location"), "/sign-in");
    let page = see(&world, "/sign-in", &cookies_after("", &answer)).await;
    assert!(page.body.contains("Your password is set. Sign in with it."), "{}", page.body);
}
