//! Addresses that no page of ours links to: doubled and encoded slashes, dots, capitals, bytes that are no text.

use super::inputs::{BROWSER, Input};
use super::stage::{Caller, Stage, files};
use super::{Origin, send, what_others_own};
use crate::headers::wrong_headers;

/// The target, then what nobody and what the owner get for GET.
const ODD: &[(&str, u16, u16)] = &[
    ("//", 308, 308),
    ("//dashboard/developers", 404, 404),
    ("/dashboard//developers", 404, 404),
    // People type it: the page they meant is not far.
    ("/dashboard/developers/", 308, 308),
    ("/dashboard/", 308, 308),
    ("/dashboard/developers/roll/?pair=x", 308, 308),
    ("/dashboard/developers//", 404, 404),
    ("/dashboard/./developers", 404, 404),
    ("/dashboard/../dashboard/developers", 404, 404),
    ("/dashboard/%2e%2e/dashboard/developers", 404, 404),
    ("/dashboard%2fdevelopers", 404, 404),
    ("/dashboard%2Fdevelopers", 404, 404),
    ("/%64ashboard/developers", 404, 404),
    ("/DASHBOARD/DEVELOPERS", 404, 404),
    ("/dashboard/developers;x=1", 404, 404),
    ("/dashboard/developers%20", 404, 404),
    ("/dashboard/developers%00", 404, 404),
    ("/dashboard/developers%0d%0aset-cookie:x=1", 404, 404),
    ("/dashboard/developers/nothing", 404, 404),
    ("/dashboard/developers?", 302, 200),
    ("/dashboard/developers?pair=%00&x=%ff", 302, 200),
    ("/dashboard/developers/roll?pair=%00", 302, 404),
    ("/dashboard/developers/roll?pair=%ff%fe", 302, 404),
    ("/dashboard/developers/roll?pair=pair_", 302, 404),
    ("/dashboard/developers/roll?pair&pair=&&=", 302, 404),
    ("/sign-in/", 308, 308),
    // Nothing is read there: a slash behind it leads nobody to a 405.
    ("/dashboard/activity.csv/", 404, 404),
    ("/sign-in%2f", 404, 404),
    ("/SIGN-IN", 404, 404),
    ("/sign-in?__err=%00", 200, 302),
    ("/sign-in?__path=%2f%2fevil.example&__err=x", 200, 302),
    ("/%00", 404, 404),
    ("/%ff%fe", 404, 404),
    ("/%", 404, 404),
    ("/%zz", 404, 404),
    ("/%2e%2e/latchkey.db", 404, 404),
    ("/..%2flatchkey.db", 404, 404),
    ("/..%5clatchkey.db", 404, 404),
    ("/favicon.svg/", 404, 404),
    ("/favicon.svg%00", 404, 404),
    // Files are found through dots and doubled slashes; they are the same for everybody.
    ("/./favicon.svg", 200, 200),
    ("/pkg", 404, 404),
    ("/pkg/", 404, 404),
    ("/pkg//latchkey.js", 200, 200),
    ("/pkg/latchkey.js/", 404, 404),
    ("/pkg/../../latchkey.db", 404, 404),
    ("/pkg/%2e%2e/%2e%2e/latchkey.db", 404, 404),
    ("/pkg/%00", 404, 404),
    ("/pkg/%ff", 404, 404),
    ("/v1", 404, 404),
    ("/v1/", 404, 404),
    ("//v1/account", 404, 404),
    ("/v1//account", 404, 404),
    ("/v1/account/", 404, 404),
    ("/V1/account", 404, 404),
    ("/v1/%61ccount", 404, 404),
    ("/v1/../dashboard/developers", 404, 404),
    ("/v1%2faccount", 404, 404),
    ("/v1/%00", 404, 404),
    ("/api", 404, 404),
    ("/api/", 404, 404),
    ("/_srv", 404, 404),
    ("/_srv/", 404, 404),
    ("/_srv//", 404, 404),
    ("/_srv/sign_out", 404, 404),
    ("/_srv/../dashboard/developers", 404, 404),
    ("/livez/", 404, 404),
    ("/readyz?x=%00", 200, 200),
    ("http://127.0.0.1:3000/dashboard/developers", 302, 200),
    ("http://evil.example/dashboard/developers", 302, 200),
    ("http://evil.example", 302, 302),
    ("http://evil.example//dashboard/developers", 404, 404),
    ("http://evil.example/v1/account", 401, 401),
];

fn get(target: &str) -> Input {
    Input {
        target: target.to_owned(),
        accept: BROWSER,
        content_type: "",
        authorization: String::new(),
        body: String::new(),
        act: None,
    }
}

#[tokio::test]
async fn an_odd_address_leads_nowhere_breaks_nothing_and_shows_nothing() {
    let stage = Stage::set("http://127.0.0.1:3000").await;
    let world = stage.world().await;
    let before = files(&world);
    let mut wrong = Vec::new();
    let long = ["/", "/dashboard/", "/v1/", "/_srv/", "/pkg/"].map(|root| format!("{root}{}", "a/".repeat(30_000)));
    let long = long.iter().map(|target| (target.as_str(), 404, 404));
    for (target, to_nobody, to_owner) in ODD.iter().copied().chain(long) {
        let name = &target[..target.len().min(60)];
        for (caller, expected) in [(Caller::Nobody, to_nobody), (Caller::Owner, to_owner)] {
            let answer = send(&world, &stage, "GET", &get(target), Origin::OurPages, caller).await;
            let mut complaints = wrong_headers(&answer, false);
            complaints.extend(what_others_own(&answer, caller, &stage));
            if answer.status != expected {
                complaints.push(format!(
                    "{} instead of {expected}, {:?}",
                    answer.status,
                    answer.headers.get("location")
                ));
            }
            let meant = target.split('?').next().and_then(|path| path.strip_suffix('/'));
            if answer.status == 308 && answer.header("location").split('?').next() != meant {
                complaints.push(format!("leads to {}", answer.header("location")));
            }
            let shows = stage.ours.own.iter().any(|own| answer.body.contains(own));
            // A page about one pair says within the dashboard that there is no such pair.
            let page = answer.status == 200 || target.starts_with("/dashboard/developers/roll?");
            if shows && !page {
                complaints.push("the dashboard".to_owned());
            }
            if answer.body.contains("SQLite format") {
                complaints.push("the database".to_owned());
            }
            wrong.extend(complaints.into_iter().map(|complaint| format!("{name} to {caller:?}: {complaint}")));
            // From another site it is not even looked at, or there is nothing to do.
            let posted = send(&world, &stage, "POST", &get(target), Origin::AnotherSite, caller).await;
            if !matches!(posted.status.as_u16(), 403..=405) {
                wrong.push(format!("POST {name} by {caller:?}: {}", posted.status));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(files(&world) == before, "something was written");
}
