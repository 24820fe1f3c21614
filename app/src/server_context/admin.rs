//! From what the use cases answer to what the pages of the console are told, and where their forms lead.

use super::developers::{Expiry, view};
use super::usage::seen;
use super::{
    Site, activity, add_cookie, answer_at, answer_like, context, decode, encode, find_cookie, is_plain_form, lead_back,
    or_sign_in, say, site, take_said,
};
use crate::error::AppError;
use crate::features::activity::FilterForm;
use crate::features::activity::words::Standpoint;
use crate::features::admin::{
    AccountFileView, AccountList, AccountRow, AdminActivity, EndSessionsFor, ExpireFor, FindAccount, GatewaysView,
    LastUse, LatestRoll, ListForm, MemberView, Pasted, RollFor, Said, SetAccountDisabled, Viewer,
};
use crate::paths;
use crate::ui::Moment;
use backend::console::{AccountFile, AccountPage, Broken, Found};
use backend::keys::RollRequest;
use backend::sessions::step_up_due;
use backend::store::{AccountOrder, AccountQuery, AccountSummary, MemberRecord, RollRecord};
use backend::{Backend, RequestContext, Result, SignedIn};
use domain::audit::{Act, Actor, EventFilter, EventPlace};
use domain::key_format::without_private_keys;
use domain::{AccountId, InstallationKeyId, PairId, Password, Refusal, SubmissionId, Timestamp, UserId};
use http::request::Parts;
use leptos::prelude::use_context;

/// The reason and the message that were entered into a form which was refused. Not in the address: they are about secrets.
const REASON: &str = "reason";
const MESSAGE: &str = "message";
const TYPED_SECONDS: u32 = 120;
/// A browser keeps no cookie of more than 4 kB.
const TYPED_BYTES: usize = 3_500;
/// Longer names and addresses exist, but nobody types more than the beginning of one.
const LONGEST_WORD: usize = 29;
const LONGEST_TEXT: usize = 100;
/// Between the word of what was said and the id of the installation key that it is about.
const KEY_FOLLOWS: char = '.';

/// The caller as an admin; others are on their way to the sign-in page, or get the answer of what does not exist.
pub(crate) fn admin() -> std::result::Result<RequestContext, AppError> {
    or_sign_in(context()?.as_admin().map_err(AppError::from))
}

/// Gives a page the status that says the same to a program, and sends somebody signed out to sign in.
pub(crate) fn told<T>(answer: Result<T>) -> std::result::Result<T, AppError> {
    let answer = or_sign_in(answer.map_err(AppError::from));
    if let Err(error) = &answer
        && *error != AppError::Refused(Refusal::SignedOut)
    {
        answer_like(*error);
    }
    answer
}

pub(super) fn viewer(person: &SignedIn, site: &Site) -> Viewer {
    Viewer {
        product_name: site.product_name.clone(),
        email: person.email.clone(),
        role: person.seat.as_ref().map(|seat| seat.role),
    }
}

pub(crate) fn gateways(context: &RequestContext, site: &Site) -> Result<GatewaysView> {
    let admin = context.as_admin()?;
    Ok(GatewaysView { viewer: viewer(admin.person()?, site), public_url: site.public_url.clone() })
}

pub(crate) async fn find(backend: &Backend, context: &RequestContext, text: &Pasted) -> Result<Found> {
    backend.identify(&context.as_admin()?, text.expose()).await
}

/// Leads to what was found, or back with what is wrong: in words of ours, never in those that were entered.
pub(crate) fn found(found: Result<Found>) -> std::result::Result<(), AppError> {
    let found = match or_sign_in(found.map_err(AppError::from)) {
        Ok(found) => found,
        Err(error) => {
            let elsewhere = [Refusal::SignedOut, Refusal::NotFound].map(AppError::Refused).contains(&error);
            if is_plain_form() && !elsewhere {
                lead_back::<FindAccount>(error, paths::ADMIN, "");
            }
            return Err(error);
        }
    };
    let said = match found {
        Found::Account(account) => {
            leptos_axum::redirect(&paths::admin_account(&account));
            return Ok(());
        }
        Found::Pair(account, pair) => {
            leptos_axum::redirect(&paths::admin_pair(&account, &pair));
            return Ok(());
        }
        Found::Text(text) if may_stand_in_an_address(&text) => {
            leptos_axum::redirect(&list_path(&ListForm { q: text, ..ListForm::default() }, None));
            return Ok(());
        }
        Found::Text(_) => Said::NotSearched,
        Found::UnknownPrivateKey => Said::UnknownPrivateKey,
        Found::BrokenPrivateKey(broken) => said_of(broken),
        Found::Nothing => Said::NothingFound,
        Found::UnknownInstallationKey => Said::UnknownInstallationKey,
        Found::InstallationKey(key) => {
            say(&format!("{}{KEY_FOLLOWS}{key}", Said::InstallationKey.as_str()));
            leptos_axum::redirect(paths::ADMIN);
            return Ok(());
        }
    };
    say(said.as_str());
    leptos_axum::redirect(paths::ADMIN);
    Ok(())
}

/// The word of the cookie, with the id of an installation key behind it if it is about one.
fn read_said(text: &str) -> Option<(Said, Option<InstallationKeyId>)> {
    match text.split_once(KEY_FOLLOWS) {
        Some((word, id)) => Some((Said::parse(word)?, Some(id.parse().ok()?))),
        None => Some((Said::parse(text)?, None)),
    }
}

const fn said_of(broken: Broken) -> Said {
    match broken {
        Broken::TooShort => Said::KeyTooShort,
        Broken::TooLong => Said::KeyTooLong,
        Broken::Checksum => Said::KeyChecksum,
        Broken::Several => Said::SeveralKeys,
    }
}

/// Whether a text that is no key may be put into an address. What might be a secret all the same is not: a key without
/// its prefix, in capitals, or within a header in base 64 is a long unbroken row of letters and digits.
fn may_stand_in_an_address(text: &str) -> bool {
    let in_a_row = |c: char| c.is_alphanumeric() || matches!(c, '_' | '+' | '/' | '=' | '%');
    let shortish = |word: &str| word.chars().count() <= LONGEST_WORD;
    text.chars().count() <= LONGEST_TEXT
        && !["private_", "installation_"].iter().any(|word| text.to_lowercase().contains(word))
        && text.split(|c| !in_a_row(c)).all(shortish)
}

pub(crate) async fn list(backend: &Backend, context: &RequestContext, site: &Site, query: &str) -> Result<AccountList> {
    let admin = context.as_admin()?;
    let (form, asked) = read_list(query);
    let (said, installation_key) = take_said(read_said).unzip();
    let mut list = AccountList {
        viewer: viewer(admin.person()?, site),
        said,
        installation_key: installation_key.flatten(),
        form,
        unreadable: asked.is_none(),
        further: false,
        rows: Vec::new(),
        next: None,
        query: String::new(),
    };
    let Some(asked) = asked else {
        answer_like(AppError::Refused(Refusal::InvalidInput));
        return Ok(list);
    };
    let AccountPage { accounts, next } = backend.list_accounts(&admin, &asked).await?;
    list.further = asked.after.is_some();
    list.rows = accounts.into_iter().map(row).collect();
    list.next = next.map(|after| list_path(&list.form, Some(&after)));
    let here = list_path(&list.form, asked.after.as_ref());
    here.strip_prefix(paths::ADMIN).unwrap_or_default().clone_into(&mut list.query);
    Ok(list)
}

/// The page of the list that this query asks for; the whole list if it asks for none.
pub(super) fn list_again(query: &str) -> String {
    let (form, asked) = read_list(query);
    asked.map_or_else(|| paths::ADMIN.to_owned(), |asked| list_path(&form, asked.after.as_ref()))
}

fn row(summary: AccountSummary) -> AccountRow {
    let AccountSummary { account, owner } = summary;
    AccountRow {
        href: paths::admin_account(&account.id),
        id: account.id,
        name: account.name,
        owner: owner.map(String::from),
        external_id: account.external_id,
        created: Moment::from(account.created_at),
        disabled: account.disabled_at.is_some(),
    }
}

/// Reads the query of the list. What cannot be read, or is there twice, is not ignored: accounts would be missing, or
/// too many, without a word.
fn read_list(query: &str) -> (ListForm, Option<AccountQuery>) {
    let (mut form, mut asked, mut readable) = (ListForm::default(), AccountQuery::default(), true);
    let mut seen = Vec::new();
    for (name, value) in pairs_of(query) {
        readable &= !seen.contains(&name);
        match (name.as_str(), value.trim()) {
            // What `server_fn` puts there when a form comes back.
            ("__path" | "__err" | "q" | "state" | "sort" | "after", "")
            | ("__path" | "__err", _)
            | ("sort", "newest") => {}
            ("q", text) if may_stand_in_an_address(text) => {
                text.clone_into(&mut form.q);
                asked.begins_with = Some(text.to_owned());
            }
            ("state", state @ ("enabled" | "disabled")) => {
                state.clone_into(&mut form.state);
                asked.disabled = Some(state == "disabled");
            }
            ("sort", "name") => {
                "name".clone_into(&mut form.sort);
                asked.order = AccountOrder::Name;
            }
            ("after", id) => match id.parse() {
                Ok(id) => asked.after = Some(id),
                Err(_) => readable = false,
            },
            _ => readable = false,
        }
        seen.push(name);
    }
    (form, readable.then_some(asked))
}

/// The names and values of a query, in order.
pub(super) fn pairs_of(query: &str) -> impl Iterator<Item = (String, String)> {
    let pairs = query.trim_start_matches('?').split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (activity::decode(name), activity::decode(value))
    })
}

/// The address that [`read_list`] reads back.
fn list_path(form: &ListForm, after: Option<&AccountId>) -> String {
    let after = after.map(AccountId::to_string).unwrap_or_default();
    let fields = [("q", &form.q), ("state", &form.state), ("sort", &form.sort), ("after", &after)];
    let set = fields.iter().filter(|(_, value)| !value.is_empty());
    let query: Vec<_> = set.map(|(name, value)| format!("{name}={}", encode(value))).collect();
    if query.is_empty() { paths::ADMIN.to_owned() } else { format!("{}?{}", paths::ADMIN, query.join("&")) }
}

pub(crate) async fn file(
    backend: &Backend,
    context: &RequestContext,
    site: &Site,
    account: &str,
) -> Result<AccountFileView> {
    let admin = context.as_admin()?;
    let person = admin.person()?;
    let account: AccountId = account.parse().map_err(|_| Refusal::NotFound)?;
    let AccountFile { keys, members } = backend.open_file(&admin, &account).await?;
    let latest_roll = match keys.latest_roll {
        Some(roll) => Some(latest_roll(backend, &admin, roll).await?),
        None => None,
    };
    let usage = backend.find_usage_of_account(&admin, &account).await?;
    let last_use = |last_used: Option<Timestamp>| match last_used {
        _ if usage.kept_days == 0 => LastUse::Uncounted,
        Some(at) => LastUse::At(seen(at, usage.now)),
        None => LastUse::Never,
    };
    let last_uses = usage.pairs.into_iter().map(|of| (of.pair_id, last_use(of.last_used))).collect();
    let (account, now) = (keys.account, keys.now);
    Ok(AccountFileView {
        viewer: viewer(person, site),
        said: take_said(Said::parse),
        id: account.id,
        name: account.name,
        external_id: account.external_id,
        created: Moment::from(account.created_at),
        disabled: account.disabled_at.map(Moment::from),
        pairs: keys.pairs.iter().map(|pair| view(pair, now)).collect(),
        last_uses,
        members: members.into_iter().map(member).collect(),
        latest_roll,
        now,
        password_due: step_up_due(person.password_at, now),
        longest_overlap: backend.policy().longest_overlap,
        submission: backend.mint_submission(),
        typed_reason: typed(REASON),
        typed_message: typed(MESSAGE),
    })
}

fn member(member: MemberRecord) -> MemberView {
    MemberView { id: member.user_id, email: member.email.into(), role: member.role, has_password: member.has_password }
}

/// The roll itself names no admin and no operator, since the account's people read it. Its record on the trail does.
async fn latest_roll(backend: &Backend, admin: &RequestContext, roll: RollRecord) -> Result<LatestRoll> {
    let rolls = EventFilter { acts: vec![Act::KeyRoll], ..EventFilter::default() };
    let recorded = backend.list_activity(admin, &roll.account_id, &rolls, EventPlace::Newest).await?;
    let by = match recorded.events.into_iter().next().map(|event| event.actor) {
        Some(Actor::Admin { id, .. }) if admin.person()?.user_id == id => "you".to_owned(),
        Some(Actor::Admin { name, .. }) => format!("{name} (an admin)"),
        Some(Actor::Operator { name }) => format!("{name} (an operator)"),
        _ => roll.rolled_by,
    };
    Ok(LatestRoll { at: Moment::from(roll.rolled_at), by, reason: roll.reason })
}

pub(crate) async fn activity(
    backend: &Backend,
    context: &RequestContext,
    site: &Site,
    query: &str,
) -> Result<AdminActivity> {
    let admin = context.as_admin()?;
    let (account, rest) = whose_trail(query).ok_or(Refusal::NotFound)?;
    let address = |form: &FilterForm, place: Option<&EventPlace>| activity_path(&account, form, place);
    let (record, trail) = activity::trail(backend, &admin, &account, &rest, Standpoint::Outside, address).await?;
    if !trail.problems.is_empty() {
        answer_like(AppError::Refused(Refusal::InvalidInput));
    }
    Ok(AdminActivity { viewer: viewer(admin.person()?, site), account: record.id, account_name: record.name, trail })
}

/// Whose trail, and the filter beside it; `None` for a query that does not name one account.
fn whose_trail(query: &str) -> Option<(AccountId, String)> {
    let pairs = query.trim_start_matches('?').split('&');
    let (named, rest): (Vec<_>, Vec<_>) = pairs.partition(|pair| pair.split('=').next() == Some("account"));
    let [named] = named[..] else { return None };
    let account = activity::decode(named.split_once('=')?.1).parse().ok()?;
    Some((account, rest.join("&")))
}

fn activity_path(account: &AccountId, form: &FilterForm, place: Option<&EventPlace>) -> String {
    let (path, filter) = (paths::admin_activity(account), activity::write(form, place));
    if filter.is_empty() { path } else { format!("{path}&{filter}") }
}

/// A roll as the form sent it.
pub(crate) struct RollAsked {
    pub(crate) account: AccountId,
    pub(crate) pair: PairId,
    pub(crate) submission: SubmissionId,
    pub(crate) reason: String,
    pub(crate) message: String,
    pub(crate) expiry: Expiry,
    pub(crate) password: Password,
}

pub(crate) async fn roll(
    backend: &Backend,
    admin: RequestContext,
    asked: RollAsked,
) -> std::result::Result<(), AppError> {
    let RollAsked { account, pair, submission, reason, message, expiry, password } = asked;
    let form = format!("{}{}", paths::admin_roll(&account, &pair), expiry.query_again());
    let done = paths::admin_account(&account);
    let rolled = async {
        let request = RollRequest {
            account_id: account,
            pair_id: Some(pair),
            expire_old: expiry.choice()?,
            reason: Some(reason.trim().to_owned()),
            message: Some(message.clone()),
            submission_id: submission,
            password: Some(password),
        };
        backend.roll_for(&admin, request).await.map(drop)
    };
    let rolled: Result<()> = rolled.await;
    keep_typed(backend, REASON, rolled.is_err(), &reason);
    keep_typed(backend, MESSAGE, rolled.is_err(), &message);
    answer_at::<RollFor>(rolled, &form, &done, Said::Rolled.as_str())
}

pub(crate) async fn expire(
    backend: &Backend,
    admin: RequestContext,
    account: &AccountId,
    pair: &PairId,
    password: &Password,
) -> std::result::Result<(), AppError> {
    let expired = backend.revoke(&admin, account, pair, Some(password)).await.map(drop);
    let (form, done) = (paths::admin_expire(account, pair), paths::admin_account(account));
    answer_at::<ExpireFor>(expired, &form, &done, Said::Expired.as_str())
}

pub(crate) async fn set_disabled(
    backend: &Backend,
    admin: RequestContext,
    account: &AccountId,
    disabled: bool,
    reason: &str,
    password: &Password,
) -> std::result::Result<(), AppError> {
    let set = backend.set_account_disabled(&admin, account, disabled, reason, Some(password)).await.map(drop);
    keep_typed(backend, REASON, set.is_err(), reason);
    let said = if disabled { Said::Disabled } else { Said::Enabled };
    let (form, done) = (paths::admin_disable(account), paths::admin_account(account));
    answer_at::<SetAccountDisabled>(set, &form, &done, said.as_str())
}

pub(crate) async fn end_sessions(
    backend: &Backend,
    admin: RequestContext,
    account: &AccountId,
    person: &UserId,
    password: &Password,
) -> std::result::Result<(), AppError> {
    let ended = backend.end_sessions_of(&admin, account, person, Some(password)).await;
    let said = if matches!(ended, Ok(0)) { Said::NoSessions } else { Said::SessionsEnded };
    let (form, done) = (paths::admin_end_sessions(account, person), paths::admin_account(account));
    answer_at::<EndSessionsFor>(ended.map(drop), &form, &done, said.as_str())
}

/// Keeps what was typed into a field of a plain form that was refused, for the form that is shown again; forgets it
/// otherwise. Private keys are taken out of it, as they are before it is stored. What no cookie has room for is not kept.
fn keep_typed(backend: &Backend, field: &str, refused: bool, text: &str) {
    if !is_plain_form() {
        return;
    }
    let cookies = site().cookies;
    let name = cookies.short_lived(field);
    let kept = without_private_keys(&backend.policy().brand, text.trim());
    let value = percent_encoding::utf8_percent_encode(&kept, percent_encoding::NON_ALPHANUMERIC).to_string();
    let fits = refused && value.len() <= TYPED_BYTES;
    let seconds = if fits { TYPED_SECONDS } else { 0 };
    add_cookie(cookies.set(&name, if fits { &value } else { "" }, Some(seconds)));
}

fn typed(field: &str) -> String {
    let name = site().cookies.short_lived(field);
    let cookie = use_context::<Parts>().and_then(|parts| find_cookie(&parts.headers, &name));
    cookie.map(|text| decode(&text)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "acct_00000000000000000000000001";

    #[test]
    fn a_list_is_read_and_written_back() {
        let (form, asked) = read_list(&format!("?q=Gr%C3%BCn+%26+Co&state=disabled&sort=name&after={ID}"));
        let after = ID.parse().ok();
        let expected = AccountQuery {
            begins_with: Some("Grün & Co".to_owned()),
            disabled: Some(true),
            order: AccountOrder::Name,
            after: after.clone(),
        };
        assert_eq!(asked.as_ref(), Some(&expected));
        let path = list_path(&form, after.as_ref());
        assert_eq!(read_list(path.strip_prefix(paths::ADMIN).expect("the list's path")), (form, asked));
        assert_eq!(list_path(&ListForm::default(), None), paths::ADMIN);
    }

    #[test]
    fn nothing_in_the_address_of_a_list_is_ignored() {
        for query in ["state=broken", "sort=size", "after=acct_1", "Q=x", "q=a&q=b", "q=private_x", "sort=&sort=name"] {
            assert_eq!(read_list(query).1, None, "{query}");
        }
        for query in ["", "?", "q=&state=&sort=&after=", "sort=newest", "__path=%2Fx&__err=eA"] {
            assert_eq!(read_list(query), (ListForm::default(), Some(AccountQuery::default())), "{query}");
        }
    }

    #[test]
    fn what_was_said_is_read_back_with_the_key_it_is_about() {
        let key: InstallationKeyId = "ikey_00000000000000000000000001".parse().expect("an id");
        let word = format!("{}{KEY_FOLLOWS}{key}", Said::InstallationKey.as_str());
        assert_eq!(read_said(&word), Some((Said::InstallationKey, Some(key))));
        assert_eq!(read_said("rolled"), Some((Said::Rolled, None)));
        for text in
            ["", "x", "x.ikey_00000000000000000000000001", "installation-key.", "installation-key.x", "rolled.."]
        {
            assert_eq!(read_said(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_broken_key_is_named_as_on_the_command_line() {
        for broken in [Broken::TooShort, Broken::TooLong, Broken::Checksum, Broken::Several] {
            assert_eq!(said_of(broken).sentence(), broken.sentence());
        }
    }

    #[test]
    fn what_may_be_a_secret_stands_in_no_address() {
        let body = "0123456789abcdefghijklmnopqrstABCDEF";
        let secrets = [
            body.to_owned(),
            format!("Private_{body}"),
            format!("PRIVATE_{body}"),
            format!("private_{}", &body[..5]),
            format!("installation_{}", &body[..5]),
            format!("KEY={body}"),
            "Basic cHJpdmF0ZV8wMTIzNDU2Nzg5YWJjZGVmZ2hpamtsbW5vcHFyc3RBQkNERUY6".to_owned(),
            "cHJpdmF0ZV8wMTIzNDU2Nzg5YWJjZGVm".to_owned(),
            "long text ".repeat(11),
        ];
        for secret in secrets {
            assert!(!may_stand_in_an_address(&secret), "{secret}");
        }
        for text in
            ["ada", "ada@example.org", "Grün & Söhne GmbH, Köln", "cus_1", "3f2c8a1e-9b7d-4c11-8e52-aa0f3b6c7d90"]
        {
            assert!(may_stand_in_an_address(text), "{text}");
        }
    }

    #[test]
    fn a_trail_is_asked_for_by_its_account_a_filter_and_a_place() {
        let event = "evt_00000000000000000000000001";
        let account: AccountId = ID.parse().expect("an id");
        let none = FilterForm::default();
        let some = FilterForm { who: "account=x&y".to_owned(), acts: vec!["key.roll".to_owned()], ..none.clone() };
        for form in [none, some] {
            for place in [
                EventPlace::Newest,
                EventPlace::OlderThan(event.parse().expect("an id")),
                EventPlace::NewerThan(event.parse().expect("an id")),
            ] {
                let path = activity_path(&account, &form, Some(&place));
                let query = path.strip_prefix(paths::ADMIN_ACTIVITY).expect("the trail's path");
                let (whose, rest) = whose_trail(query).expect("an account");
                assert_eq!(whose, account);
                let asked = activity::read(&rest).expect("a filter");
                assert_eq!((asked.place, asked.filter.actor.unwrap_or_default()), (place, form.who.clone()));
                assert_eq!(asked.filter.acts.len(), form.acts.len());
            }
        }
        let path = paths::admin_sign_ins(&account);
        let (_, query) = path.split_once('?').expect("a query");
        let query = query.strip_suffix(&format!("#{}", paths::RECORDS)).expect("straight to the records");
        let (_, rest) = whose_trail(query).expect("an account");
        assert_eq!(activity::read(&rest).expect("a filter").filter.acts, [Act::SignIn, Act::SignInRefused]);
        for query in ["", "account", "account=acct_1", "older=evt_1", &format!("account={ID}&account={ID}")] {
            assert_eq!(whose_trail(query), None, "{query}");
        }
    }
}
