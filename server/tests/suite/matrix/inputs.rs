//! What is sent: the smallest request that a place has to take seriously.

use super::stage::{Named, Stage};
use crate::world::{EMAIL, PASSWORD, bearer};
use domain::audit::Act;
use serde_json::json;
use server::routes;

pub const FORM: &str = "application/x-www-form-urlencoded";
pub const JSON: &str = "application/json";
pub const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

/// A request, before anybody makes it their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    pub target: String,
    pub accept: &'static str,
    pub content_type: &'static str,
    pub authorization: String,
    pub body: String,
    /// What is on record afterwards if it is done.
    pub act: Option<Act>,
}

/// The request for one line of `expected.txt`, about the things that `named` names.
pub fn of(method: &str, place: &str, variant: &str, stage: &Stage, named: &Named) -> Input {
    let usual = Input {
        target: place.to_owned(),
        accept: BROWSER,
        content_type: "",
        authorization: String::new(),
        body: String::new(),
        act: None,
    };
    let query = |pair: &str| Input { target: format!("{place}?pair={pair}"), ..usual.clone() };
    match (place, variant) {
        ("/dashboard/developers/roll" | "/dashboard/developers/callers", "+pair") => query(&named.active),
        ("/dashboard/developers/expire", "+pair") => query(&named.expiring),
        ("/dashboard/developers/origins/remove", "+origin") => {
            Input { target: format!("{place}?origin={}", named.origin), ..usual }
        }
        ("/dashboard/sessions/end", "+session") => {
            Input { target: format!("{place}?session={}", named.session), ..usual }
        }
        ("/dashboard/files", "+filter") => Input { target: format!("{place}?q=a&sort=size&page=1"), ..usual },
        ("/dashboard/files", "+wrong") => Input { target: format!("{place}?sort=date"), ..usual },
        ("/dashboard/files/delete" | "/dashboard/files/download", "+file") => {
            Input { target: format!("{place}?file={}", named.file), ..usual }
        }
        ("/admin/activity", "+filter") => {
            Input { target: format!("{place}?account={}&act=key.roll&from=2026-01-01", named.account), ..usual }
        }
        ("/admin/activity", "+wrong") => {
            Input { target: format!("{place}?account={}&act=key.rotate", named.account), ..usual }
        }
        ("/dashboard/members/role" | "/dashboard/members/remove", "+person") => {
            Input { target: format!("{place}?person={}", named.member), ..usual }
        }
        ("/dashboard/activity.csv", "+account") => Input {
            target: format!("{place}?account={}", named.account),
            content_type: FORM,
            act: Some(Act::ActivityExport),
            ..usual
        },
        ("/admin/bulk-rolls/dry-run" | "/admin/bulk-rolls/confirm", "+bulk") => {
            Input { target: format!("{place}?draft={}", stage.draft), ..usual }
        }
        ("/admin/bulk-rolls/progress" | "/admin/bulk-rolls/stop", "+bulk") => {
            Input { target: format!("{place}?bulk={}", stage.bulk_roll), ..usual }
        }
        ("/admin/bulk-rolls/report.csv", "+bulk") => Input {
            target: format!("{place}?bulk={}", stage.bulk_roll),
            content_type: FORM,
            act: Some(Act::BulkRollExport),
            ..usual
        },
        ("/admin/activity", "+account") => Input { target: format!("{place}?account={}", named.account), ..usual },
        (page, "+account") if page.starts_with("/admin/") => {
            let account = &named.account;
            let (pair, person) = (&named.expiring, &named.person);
            Input { target: format!("{place}?account={account}&pair={pair}&person={person}"), ..usual }
        }
        ("/dashboard/activity", "+filter") => {
            Input { target: format!("{place}?act=key.roll&from=2026-01-01"), ..usual }
        }
        ("/dashboard/activity" | "/dashboard/activity.csv", "+wrong") => {
            Input { target: format!("{place}?act=key.roll&from=yesterday"), ..usual }
        }
        ("/dashboard/activity.csv" | "/dashboard/activity.jsonl", "") if method == "POST" => {
            Input { content_type: FORM, act: Some(Act::ActivityExport), ..usual }
        }
        ("/admin/v1/accounts", "") if method == "POST" => {
            program(usual, Act::AccountCreate, &json!({ "externalId": "cus_9", "email": "new@example.org" }))
        }
        ("/admin/v1/accounts", "") => {
            Input { target: format!("{place}?email={}", EMAIL.replace('@', "%40")), accept: "*/*", ..usual }
        }
        (
            "/v1/account"
            | "/api/v1/files/upload"
            | "/api/v2/files/upload"
            | "/v1/openapi.json"
            | "/admin/v1/openapi.json"
            | "/livez"
            | "/readyz",
            "",
        ) => Input { accept: "*/*", ..usual },
        ("/api/v1/files/upload" | "/api/v2/files/upload", "+key") => Input {
            accept: "*/*",
            authorization: bearer(&stage.key),
            content_type: "multipart/form-data; boundary=x",
            body: "--x\r\nContent-Disposition: form-data; name=\"fileName\"\r\n\r\na.txt\r\n--x\r\n\
                   Content-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nhi\r\n--x--\r\n"
                .to_owned(),
            ..usual
        },
        (file, "") if file.starts_with("/v1/files") || file.starts_with("/files/") => {
            let target =
                place.replace("{fileId}", "0123456789abcdef01234567").replace("{name}", "a.txt").replace('*', "x");
            Input { target, accept: "*/*", ..usual }
        }
        ("/v1/account" | "/v1/files", "+key") => Input { accept: "*/*", authorization: bearer(&stage.key), ..usual },
        ("/v1/*", "+key") => {
            Input { target: "/v1/nothing".to_owned(), authorization: bearer(&stage.key), accept: "*/*", ..usual }
        }
        ("/v1/keys/verify" | "/v1/keys/verify/batch", "" | "+wrong") => {
            let body = match (place, variant) {
                (_, "+wrong") => json!({ "account": named.account }),
                ("/v1/keys/verify", _) => json!({ "key": "private_x" }),
                _ => json!({ "keys": ["private_x"] }),
            };
            Input { accept: "*/*", content_type: JSON, body: body.to_string(), ..usual }
        }
        ("/v1/auth/*", "") => Input { target: "/v1/auth".to_owned(), accept: "*/*", ..usual },
        ("/v1/auth/*", "+key") => Input {
            target: "/v1/auth/images?size=2".to_owned(),
            accept: "*/*",
            authorization: bearer(&stage.key),
            ..usual
        },
        ("/v1/*", "") => Input { target: "/v1/nothing".to_owned(), accept: "*/*", ..usual },
        ("/admin/v1/accounts/{accountId}" | "/admin/v1/accounts/{accountId}/roll", "") => {
            let target = place.replace("{accountId}", stage.ours.id.as_str());
            let input = Input { target, accept: "*/*", ..usual };
            match method {
                "PATCH" => program(input, Act::AccountDisable, &json!({ "disabled": true, "reason": "leaked" })),
                "POST" => {
                    let body =
                        json!({ "expireOld": "immediately", "submission": stage.submission, "reason": "leaked" });
                    program(input, Act::KeyRoll, &body)
                }
                _ => input,
            }
        }
        ("/admin/v1/*", "") => Input { target: "/admin/v1/nothing".to_owned(), accept: "*/*", ..usual },
        ("/api/*", "") => Input { target: "/api/nothing".to_owned(), accept: "*/*", ..usual },
        ("/_srv/*", "") => Input { target: "/_srv/of_another_version".to_owned(), accept: JSON, ..usual },
        ("/pkg/*", "") => Input { target: "/pkg/latchkey.js".to_owned(), ..usual },
        ("/pkg/*", "+missing") => Input { target: "/pkg/nothing.js".to_owned(), ..usual },
        ("*", "") => Input { target: "/favicon.svg".to_owned(), ..usual },
        ("*", "+missing") => Input { target: "/nowhere".to_owned(), ..usual },
        (function, "" | "+form") if function.starts_with("/_srv/") => {
            let target = routes::path_of_function(function).expect("a function of this name").to_owned();
            let accept = if variant == "+form" { BROWSER } else { JSON };
            let input = Input { target, accept, ..usual };
            if method == "POST" { call(function, input, stage, named) } else { input }
        }
        (page, "") if !page.contains('*') => usual,
        other => panic!("say in inputs.rs what is sent to {other:?}"),
    }
}

/// What a program sends.
fn program(input: Input, act: Act, body: &serde_json::Value) -> Input {
    Input { accept: "*/*", content_type: JSON, body: body.to_string(), act: Some(act), ..input }
}

fn call(function: &str, input: Input, stage: &Stage, named: &Named) -> Input {
    let form = |body: String, act: Act| Input { content_type: FORM, body, act: Some(act), ..input.clone() };
    let password = PASSWORD.replace(' ', "+");
    match function.trim_start_matches("/_srv/") {
        "load_entrance"
        | "load_developers_tab"
        | "load_developers_page"
        | "load_sessions"
        | "load_activity"
        | "load_accounts"
        | "load_bulk_rolls"
        | "load_gateways"
        | "load_members"
        | "load_join"
        | "load_own_accounts"
        | "load_files" => Input { content_type: FORM, ..input },
        "invite_member" => {
            form(format!("account={}&email=joe%40example.org&role=viewer", named.account), Act::MemberInvite)
        }
        "revoke_member_invitation" => {
            form(format!("account={}&invitation={}", named.account, named.invitation), Act::MemberInviteRevoke)
        }
        "change_role" => {
            form(format!("account={}&person={}&role=developer", named.account, named.member), Act::MemberRole)
        }
        "remove_member" => form(format!("account={}&person={}", named.account, named.member), Act::MemberRemove),
        "join_account" => form(String::new(), Act::MemberJoin),
        "join_new" => form(format!("password={password}"), Act::MemberJoin),
        "switch_account" => form(format!("account={}", named.account), Act::SessionSwitch),
        "load_account_file" | "make_upload_parameters" => {
            Input { content_type: FORM, body: format!("account={}", named.account), ..input }
        }
        "load_account_activity" => {
            Input { content_type: FORM, body: format!("query=account%3D{}", named.account), ..input }
        }
        "load_dry_run" => Input { content_type: FORM, body: format!("query=draft%3D{}", stage.draft), ..input },
        "load_bulk_roll" => Input { content_type: FORM, body: format!("query=bulk%3D{}", stage.bulk_roll), ..input },
        "draft_bulk_roll" => form(format!("lines={}%0D%0Anobody", stage.key), Act::KeyIdentify),
        // Nothing is rolled, and no key was in anybody's hands: there is nothing to record.
        "draft_selected" => {
            Input { content_type: FORM, body: format!("accounts[]={}&which=selected", named.account), ..input }
        }
        "begin_bulk_roll" => {
            form(format!("draft={}&expire_old=immediately&reason=leaked", stage.draft), Act::BulkRollBegin)
        }
        "stop_bulk_roll" => form(format!("bulk={}", stage.bulk_roll), Act::BulkRollStop),
        "find_account" => form(format!("text={}", stage.key), Act::KeyIdentify),
        "roll_for" => form(
            format!(
                "account={}&pair={}&submission={}&expire_old=immediately&reason=leaked",
                named.account, named.active, stage.submission
            ),
            Act::KeyRoll,
        ),
        "expire_for" => form(format!("account={}&pair={}", named.account, named.expiring), Act::KeyRevoke),
        "set_account_disabled" => {
            form(format!("account={}&disabled=true&reason=leaked", named.account), Act::AccountDisable)
        }
        "end_sessions_for" => form(format!("account={}&person={}", named.account, named.person), Act::SessionEnd),
        "sign_in" => form(format!("email={EMAIL}&password={password}"), Act::SignIn),
        "sign_up" => form(format!("email=new%40example.org&password={password}"), Act::AccountCreate),
        "sign_out" => form(String::new(), Act::SignOut),
        "set_password" => form(format!("link={}&password={password}", stage.link), Act::PasswordSet),
        "open_invitation" => Input { content_type: FORM, body: format!("link={}", stage.invitation), ..input },
        "end_session" => form(format!("session={}", named.session), Act::SessionEnd),
        "end_other_sessions" => form(String::new(), Act::SessionEnd),
        "change_email" => form(format!("email=new%40example.org&password={password}"), Act::EmailChange),
        "change_password" => {
            let new = "velvet+cactus+piano+42+moon";
            form(format!("current_password={password}&new_password={new}"), Act::PasswordChange)
        }
        "add_origin" => {
            form(format!("account={}&origin=https%3A%2F%2Fnew.example", named.account), Act::UploadOriginsChange)
        }
        "remove_origin" => form(format!("account={}&origin={}", named.account, named.origin), Act::UploadOriginsChange),
        "load_callers" => Input { content_type: FORM, body: format!("pair={}", named.active), ..input },
        "load_file" => Input { content_type: FORM, body: format!("file={}", named.file), ..input },
        "delete_file" => form(format!("file={}", named.file), Act::FileDelete),
        "reveal_key" if input.accept == BROWSER => form(format!("pair={}", named.active), Act::KeyReveal),
        "reveal_key" => Input {
            content_type: JSON,
            body: json!({ "pair": named.active }).to_string(),
            act: Some(Act::KeyReveal),
            ..input
        },
        "roll_keys" => {
            form(format!("pair={}&submission={}&expire_old=24h", named.active, stage.submission), Act::KeyRoll)
        }
        "expire_now" => form(format!("pair={}", named.expiring), Act::KeyRevoke),
        other => panic!("say in inputs.rs what is sent to {other}"),
    }
}
