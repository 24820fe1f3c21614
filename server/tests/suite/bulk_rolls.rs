//! Rolling many accounts in the console: pasted or selected, tried, confirmed once, watched, stopped, reported.

use crate::admin::{Console, encoded, says, whole};
use crate::people::{OURS, post, see};
use crate::world::{Answer, PASSWORD, World, server_function};
use backend::accounts::{CreatedAccount, NewAccount};
use backend::store::Store as _;
use domain::audit::Act;
use std::time::Instant;

const REASON: &str = "leaked on a public repository";

async fn accounts(world: &World, count: usize) -> Vec<CreatedAccount> {
    let mut made = Vec::new();
    for number in 0..count {
        let new = NewAccount {
            email: format!("owner{number}@example.org"),
            name: format!("Customer {number}"),
            external_id: None,
            password: None,
        };
        made.push(world.backend.create_account(&World::operator(), new).await.unwrap());
    }
    made
}

/// Pastes the lines; answers where the dry run is.
async fn paste(console: &Console, lines: &str) -> String {
    let answer = console.post("draft_bulk_roll", &format!("lines={}", encoded(lines))).await;
    let path = answer.header("location").to_owned();
    assert!(path.starts_with("/admin/bulk-rolls/dry-run?draft=draft_"), "{}", whole(&answer));
    path
}

fn draft_of(path: &str) -> &str {
    path.split_once("draft=").unwrap().1
}

async fn begin(console: &Console, dry_run: &str, rest: &str) -> Answer {
    console.post("begin_bulk_roll", &format!("draft={}{rest}", draft_of(dry_run))).await
}

#[tokio::test]
async fn a_pasted_list_is_tried_confirmed_watched_and_reported() {
    let console = Console::open().await;
    let made = accounts(&console.world, 3).await;
    let cut = &console.key()[..30];
    let lines = format!(
        "{}\r\n{}\r\nowner2@example.org\r\nAPI_KEY={}\r\n\r\nnobody <b>\r\n{cut}\r\n{}\r\n",
        made[0].account_id,
        made[1].first_pair.pair.public_key,
        console.key(),
        made[0].first_pair.pair.id,
    );
    let dry_run = paste(&console, &lines).await;
    let page = console.see(&dry_run).await;
    assert_eq!(page.status, 200, "{}", page.body);
    for words in [
        "Go on with 4 accounts",
        "Customer 0",
        "owner2@example.org",
        "No account has this id",
        "the end is missing",
        "Line <!>6",
        "Line <!>7",
        "Lines that name an account again",
    ] {
        says(&page, words);
    }
    let confirm = format!("/admin/bulk-rolls/confirm?draft={}", draft_of(&dry_run));
    let form = console.see(&confirm).await;
    for words in ["Roll the keys of 4 accounts", "name=\"reason\"", "name=\"message\"", "value=\"immediately\""] {
        says(&form, words);
    }
    assert!(!form.body.contains("checked") && !form.body.contains("current-password"), "{}", form.body);
    says(&form, "field__lines\"></textarea>");
    // Refused first, and what was entered is there again, with nothing of a key and nothing that ends its field.
    let entered =
        format!("&reason={}&message={}", encoded(REASON), encoded(&format!("</textarea><i>{}", console.key())));
    let refused = begin(&console, &dry_run, &entered).await;
    assert!(refused.header("location").starts_with(&confirm), "{}", whole(&refused));
    let again = console.see(refused.header("location")).await;
    for words in
        ["Choose when the old keys expire.", REASON, "field__lines\">\n&lt;/textarea&gt;&lt;i&gt;private_…</textarea>"]
    {
        says(&again, words);
    }
    let begun = begin(&console, &dry_run, &format!("&expire_old=immediately{entered}")).await;
    let progress = begun.header("location").to_owned();
    assert!(progress.starts_with("/admin/bulk-rolls/progress?bulk=bulk_"), "{}", whole(&begun));
    // Pressed twice: the same roll.
    let twice = begin(&console, &dry_run, &format!("&expire_old=immediately{entered}")).await;
    assert_eq!(twice.header("location"), progress);
    for path in [&dry_run, &confirm] {
        let leads_on = console.see(path).await;
        assert_eq!((leads_on.status.as_u16(), leads_on.header("location")), (302, progress.as_str()));
    }
    let watched = console.follow(&begun).await;
    for words in ["It has begun", "Going on", REASON, "Keep it still"] {
        says(&watched, words);
    }
    assert_eq!(watched.header("refresh"), "5");
    let still = console.see(&format!("{progress}&still=yes")).await;
    assert_eq!((still.status.as_u16(), still.header("refresh")), (200, ""));
    console.world.backend.continue_bulk_rolls().await.unwrap();
    let over = console.see(&progress).await;
    assert_eq!(over.header("refresh"), "", "a page about what is over keeps still");
    says(&over, "Done");
    assert_eq!(console.authenticates(console.key()).await, 403);
    let csv = format!("/admin/bulk-rolls/report.csv?{}", progress.split_once('?').unwrap().1);
    let report = console.world.send("POST", &csv, &[OURS, ("cookie", &console.admin)], "").await;
    assert_eq!(report.header("content-type"), "text/csv; charset=utf-8; header=present");
    assert_eq!(report.body.matches("\"rolled\"").count(), 4, "{}", report.body);
    // The owner reads the message.
    let owner = console.world.signed_in().await;
    let tab = see(&console.world, "/dashboard/developers", &owner).await;
    for words in [REASON, "&lt;/textarea&gt;&lt;i&gt;private_…"] {
        says(&tab, words);
    }
    let trail = see(&console.world, "/dashboard/activity", &owner).await;
    says(&trail, "&lt;/textarea&gt;&lt;i&gt;private_…");
    let shown = [&page, &form, &refused, &again, &begun, &watched, &over, &report, &tab, &trail];
    for answer in shown {
        let text = whole(answer);
        assert!(!text.contains(console.key()) && !text.contains(cut) && !text.contains("nobody <b>"), "{text}");
        assert!(!text.contains("nobody &lt;b&gt;"), "{text}");
    }
    let begins = console.events().await.iter().filter(|event| event.act == Act::BulkRollBegin).count();
    assert_eq!(begins, 1);
}

#[tokio::test]
async fn accounts_selected_in_the_list_are_tried() {
    let console = Console::open().await;
    let made = accounts(&console.world, 3).await;
    let list = console.see("/admin?sort=name").await;
    for words in
        ["name=\"accounts[]\"", "Roll the selected…", "Roll all 4 on this page…", "aria-label=\"Select Customer 1\""]
    {
        says(&list, words);
    }
    let two = format!("accounts%5B%5D={}&accounts%5B%5D={}", made[0].account_id, made[2].account_id);
    let shown = made.iter().map(|made| format!("&shown%5B%5D={}", made.account_id)).collect::<Vec<_>>().concat();
    for (which, count) in [("selected", "Go on with 2 accounts"), ("all", "Go on with 3 accounts")] {
        let page = console.follow(&console.post("draft_selected", &format!("{two}{shown}&which={which}")).await).await;
        says(&page, count);
    }
    let nothing = console.post("draft_selected", &format!("which=selected{shown}&list=%3Fsort%3Dname")).await;
    assert_eq!(nothing.header("location"), "/admin?sort=name");
    says(&console.follow(&nothing).await, "No account was selected.");
    // What leads back is one of our own addresses, whatever was sent.
    let forged = console.post("draft_selected", "which=selected&list=%3Fq%3Dx%26then%3Dhttp://evil").await;
    assert_eq!(forged.header("location"), "/admin");
}

#[tokio::test]
async fn a_roll_is_stopped_with_the_password_and_the_rest_keep_their_keys() {
    let console = Console::open().await;
    let made = accounts(&console.world, 30).await;
    let lines: Vec<_> = made.iter().map(|made| made.account_id.as_str()).collect();
    let dry_run = paste(&console, &lines.join("\n")).await;
    let begun = begin(&console, &dry_run, &format!("&expire_old=1h&reason={}", encoded(REASON))).await;
    let bulk = begun.header("location").split_once("bulk=").unwrap().1.to_owned();
    let backend = &console.world.backend;
    let rolled = backend.continue_bulk_roll(&World::operator(), &bulk.parse().unwrap()).await.unwrap().rolled;
    console.world.clock.set(console.world.clock_now().as_millis() + 6 * 60_000);
    let stop = format!("/admin/bulk-rolls/stop?bulk={bulk}");
    says(&console.see(&stop).await, "Your password");
    let refused = console.post("stop_bulk_roll", &format!("bulk={bulk}&password=wrong+it+is+at+all")).await;
    assert!(refused.header("location").starts_with(&stop), "{}", whole(&refused));
    says(&console.see(refused.header("location")).await, "This is not your password.");
    let stopped = console.post("stop_bulk_roll", &format!("bulk={bulk}&password={}", encoded(PASSWORD))).await;
    let page = console.follow(&stopped).await;
    for words in ["It is stopped.", "Stopped", "Left as they were"] {
        says(&page, words);
    }
    assert_eq!(page.header("refresh"), "");
    backend.continue_bulk_rolls().await.unwrap();
    let progress = console.world.store.find_bulk_roll(&bulk.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!((progress.rolled, progress.left()), (rolled, 30 - rolled));
    says(&console.see(&stop).await, "This bulk roll is over already.");
    says(&console.see("/admin/bulk-rolls").await, "Stopped");
}

/// What takes a long list from an admin takes no more than any form from everybody else.
#[tokio::test]
async fn a_long_list_is_read_from_admins_only() {
    let console = Console::open().await;
    let owner = console.world.signed_in().await;
    let long = format!("lines={}", "nobody%0D%0A".repeat(10_000));
    for cookie in [owner.as_str(), ""] {
        let answer = post(&console.world, "draft_bulk_roll", cookie, &long).await;
        assert_eq!(answer.status, 413, "{}", answer.body);
    }
    let page = console.follow(&console.post("draft_bulk_roll", &long).await).await;
    for words in ["There is no account to roll.", "10,000 lines", "Lines <!>1–10000"] {
        says(&page, words);
    }
    let more = format!("lines={}", "nobody%0A".repeat(10_001));
    let refused = console.post("draft_bulk_roll", &more).await;
    let page = console.see(refused.header("location")).await;
    says(&page, "At most 10,000 lines can be given at once.");
    let too_long = format!("lines={}", "x".repeat(2 * 1024 * 1024));
    assert_eq!(console.post("draft_bulk_roll", &too_long).await.status, 413);
    let program = [OURS, ("cookie", console.admin.as_str()), ("content-type", "application/x-www-form-urlencoded")];
    let asked = console.world.send("POST", &server_function("draft_bulk_roll"), &program, &more).await;
    assert!(!asked.status.is_success() && asked.body.len() < 100, "{}", whole(&asked));
}

#[expect(clippy::disallowed_methods, reason = "whether to be thorough is said in the test's environment")]
fn is_deep() -> bool {
    std::env::var_os("LATCHKEY_TEST_DEEP").is_some()
}

/// A dry run of ten thousand is a page of a hundred, those that need a look first; and it says how long all of it took.
#[tokio::test]
async fn a_long_dry_run_is_a_page_at_a_time() {
    let console = Console::open().await;
    let count = if is_deep() { 10_000 } else { 150 };
    let made = accounts(&console.world, count).await;
    console.world.disable(&made[count - 1].account_id).await;
    let lines: Vec<_> = made.iter().map(|made| made.account_id.as_str()).collect();
    let began = Instant::now();
    let dry_run = paste(&console, &lines.join("\r\n")).await;
    let tried = began.elapsed();
    let began = Instant::now();
    let page = console.see(&dry_run).await;
    let drawn = began.elapsed();
    assert_eq!(page.body.matches("class=\"roster__row\"").count(), 100);
    let first = page.body.find("class=\"roster__row\"").unwrap();
    assert!(page.body[first..].find(&format!("Customer {}<", count - 1)) < page.body[first..].find("Customer 0<"));
    let next = page.body.split_once("after=").unwrap().1.split_once('"').unwrap().0;
    let second = console.see(&format!("{dry_run}&after={next}")).await;
    assert_eq!(second.body.matches("class=\"roster__row\"").count(), (count - 100).min(100));
    assert!(second.body.contains("Customer 99<") && !second.body.contains("Customer 98<"));
    let began = Instant::now();
    let begun = begin(&console, &dry_run, &format!("&expire_old=1h&reason={}", encoded(REASON))).await;
    let confirmed = began.elapsed();
    assert!(begun.header("location").contains("progress"), "{}", whole(&begun));
    println!(
        "{count} lines: tried in {tried:?}, {} kB drawn in {drawn:?}, confirmed in {confirmed:?}",
        page.body.len() / 1_000
    );
}
