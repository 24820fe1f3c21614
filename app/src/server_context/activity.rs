//! From the page's address to a filter, and from what the use case answers to what the page is told.

use super::{Site, answer_like};
use crate::error::AppError;
use crate::features::activity::words::{self, Reader, Standpoint};
use crate::features::activity::{ActivityView, Fact, FilterForm, FilterProblem, Row, Trail};
use crate::paths;
use crate::ui::Moment;
use backend::activity::Activity;
use backend::store::AccountRecord;
use backend::{Backend, Error, RequestContext, Result};
use domain::audit::{Act, ActorKind, Detail, Event, EventFilter, EventPlace, Target};
use domain::time::in_words;
use domain::{AccountId, Refusal, Timestamp, UserId, device};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

const WHO_CHARS: usize = 300;

/// What an address asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// Which records.
    pub filter: EventFilter,
    /// From where.
    pub place: EventPlace,
}

/// Reads the query of the page or of an export. Nothing is ignored: what cannot be read, is there twice or is unknown
/// is a problem, because records would be missing, or too many, without a word.
pub fn read(query: &str) -> std::result::Result<Asked, Vec<FilterProblem>> {
    read_with_form(query).1
}

fn read_with_form(query: &str) -> (FilterForm, std::result::Result<Asked, Vec<FilterProblem>>) {
    let mut reading = Reading::default();
    for pair in query.trim_start_matches('?').split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        reading.take(&decode(name), decode(value).trim());
    }
    if let (Some(from), Some(until)) = (reading.asked.filter.from, reading.asked.filter.until)
        && from >= until
    {
        reading.problem(FilterProblem::Range);
    }
    let Reading { form, asked, problems, .. } = reading;
    (form, if problems.is_empty() { Ok(asked) } else { Err(problems) })
}

#[derive(Default)]
struct Reading {
    form: FilterForm,
    asked: Asked,
    seen: Vec<String>,
    problems: Vec<FilterProblem>,
}

impl Reading {
    fn problem(&mut self, problem: FilterProblem) {
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// A field that is empty filters nothing: that is how a form sends one that was left alone.
    fn take(&mut self, name: &str, value: &str) {
        // A page begins at one place.
        let slot = if name == "newer" { "older" } else { name };
        if slot != "act" && self.seen.iter().any(|seen| seen == slot) {
            return self.problem(FilterProblem::Unknown);
        }
        self.seen.push(slot.to_owned());
        match name {
            "act" | "actor" | "who" | "from" | "until" | "older" | "newer" if value.is_empty() => {}
            "act" => match Act::parse(value) {
                Some(act) if self.asked.filter.acts.contains(&act) => {}
                Some(act) => {
                    self.asked.filter.acts.push(act);
                    self.form.acts.push(act.as_str().to_owned());
                }
                None => self.problem(FilterProblem::Act),
            },
            "actor" => match ActorKind::parse(value) {
                Some(kind) => {
                    self.asked.filter.actor_kind = Some(kind);
                    self.form.actor = String::from(kind.as_str());
                }
                None => self.problem(FilterProblem::Actor),
            },
            "who" => {
                self.form.who = value.chars().take(WHO_CHARS).collect();
                if value.chars().count() > WHO_CHARS {
                    self.problem(FilterProblem::Who);
                }
                self.asked.filter.actor = Some(value.to_owned());
            }
            "from" => match read_instant(value) {
                Some(at) => {
                    self.asked.filter.from = Some(at);
                    self.form.from = field_value(at);
                }
                None => self.problem(FilterProblem::From),
            },
            "until" => match read_instant(value) {
                Some(at) => {
                    self.asked.filter.until = Some(at);
                    self.form.until = field_value(at);
                }
                None => self.problem(FilterProblem::Until),
            },
            "older" => match value.parse() {
                Ok(id) => self.asked.place = EventPlace::OlderThan(id),
                Err(_) => self.problem(FilterProblem::Place),
            },
            "newer" => match value.parse() {
                Ok(id) => self.asked.place = EventPlace::NewerThan(id),
                Err(_) => self.problem(FilterProblem::Place),
            },
            _ => self.problem(FilterProblem::Unknown),
        }
    }
}

/// A date, or a date and time, in UTC unless it carries an offset.
fn read_instant(text: &str) -> Option<Timestamp> {
    let seconds = if text.matches(':').count() == 1 { ":00" } else { "" };
    let read = |text: &str| Timestamp::parse_rfc3339(text);
    read(text)
        .or_else(|| read(&format!("{text}{seconds}Z")))
        .or_else(|| read(&format!("{text}T00:00:00Z")))
        // What cannot be written as a date again cannot be shown in the form, and no record is there.
        .filter(|at| at.to_rfc3339().len() == "2026-11-24T10:02:00.000Z".len())
}

/// `2026-11-24T10:02`, with seconds and milliseconds only if there are any: the value of a date and time field.
fn field_value(at: Timestamp) -> String {
    let text = at.to_rfc3339();
    let text = text.trim_end_matches('Z');
    let text = text.strip_suffix(".000").unwrap_or(text);
    let short = if text.matches(':').count() == 2 { text.strip_suffix(":00") } else { None };
    short.unwrap_or(text).to_owned()
}

/// The query that [`read`] reads back.
pub(super) fn write(form: &FilterForm, place: Option<&EventPlace>) -> String {
    let mut pairs: Vec<(&str, &str)> = form.acts.iter().map(|act| ("act", act.as_str())).collect();
    let fields = [("actor", &form.actor), ("who", &form.who), ("from", &form.from), ("until", &form.until)];
    pairs.extend(fields.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name, value.as_str())));
    match place {
        Some(EventPlace::OlderThan(id)) => pairs.push(("older", id.as_str())),
        Some(EventPlace::NewerThan(id)) => pairs.push(("newer", id.as_str())),
        Some(EventPlace::Newest) | None => {}
    }
    let encode = |value: &str| utf8_percent_encode(value, NON_ALPHANUMERIC).to_string();
    pairs.into_iter().map(|(name, value)| format!("{name}={}", encode(value))).collect::<Vec<_>>().join("&")
}

fn link(path: &str, form: &FilterForm, place: Option<&EventPlace>) -> String {
    let query = write(form, place);
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// The same address with the account that the page is about: by the time somebody uses it, another tab may have gone to
/// another account. [`split_account`] takes it off again.
fn of_account(account: &AccountId, link: &str) -> String {
    let joint = if link.contains('?') { '&' } else { '?' };
    format!("{link}{joint}account={account}")
}

/// The filter of a query, and the account that it names.
pub fn split_account(query: &str) -> (String, Option<String>) {
    let (named, filter): (Vec<&str>, Vec<&str>) = query.split('&').partition(|pair| pair.starts_with("account="));
    (filter.join("&"), named.first().and_then(|pair| pair.split_once('=')).map(|(_, account)| account.to_owned()))
}

/// A name or a value of a query.
pub(super) fn decode(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

pub(crate) async fn view(
    backend: &Backend,
    context: &RequestContext,
    site: &Site,
    query: &str,
) -> Result<ActivityView> {
    let person = context.person()?;
    let seat = person.seat()?;
    let own = |form: &FilterForm, place: Option<&EventPlace>| link(paths::ACTIVITY, form, place);
    let (account, trail) = trail(backend, context, &seat.account_id, query, Standpoint::Member, own).await?;
    Ok(ActivityView {
        product_name: site.product_name.clone(),
        account_name: account.name,
        email: person.email.clone(),
        role: seat.role,
        csv: of_account(&seat.account_id, &link(paths::ACTIVITY_CSV, &trail.form, None)),
        json_lines: of_account(&seat.account_id, &link(paths::ACTIVITY_JSON_LINES, &trail.form, None)),
        trail,
    })
}

/// The page of the account's trail that a query asks for, and whose it is. `address` says where a page is that begins at a
/// place.
pub(super) async fn trail(
    backend: &Backend,
    context: &RequestContext,
    account_id: &AccountId,
    query: &str,
    standpoint: Standpoint,
    address: impl Fn(&FilterForm, Option<&EventPlace>) -> String,
) -> Result<(AccountRecord, Trail)> {
    let person = context.person()?;
    let (form, asked) = read_with_form(query);
    let mut trail = Trail { form, problems: Vec::new(), rows: Vec::new(), newer: None, older: None };
    // Whoever may not read is told so, whatever they typed; and the page still says whose it is.
    let newest = async || backend.list_activity(context, account_id, &EventFilter::default(), EventPlace::Newest).await;
    let asked = match asked {
        Ok(asked) => asked,
        Err(problems) => {
            trail.problems = problems;
            return Ok((newest().await?.account, trail));
        }
    };
    let activity = match backend.list_activity(context, account_id, &asked.filter, asked.place.clone()).await {
        Err(Error::Refused(Refusal::NotFound)) if asked.place != EventPlace::Newest => {
            trail.problems = vec![FilterProblem::Place];
            return Ok((newest().await?.account, trail));
        }
        listed => listed?,
    };
    let Activity { account, events, names, older, newer, now } = activity;
    let name_of = |id: &UserId| names.of(id).map(str::to_owned);
    let reader = Reader { standpoint, person: Some(&person.user_id), name_of: &name_of, now };
    trail.rows = events.iter().map(|event| row(event, &reader)).collect();
    trail.older = older.map(|place| address(&trail.form, Some(&place)));
    trail.newer = newer.map(|place| address(&trail.form, Some(&place)));
    Ok((account, trail))
}

/// Gives the page the status that says the same to a program.
pub(crate) fn with_status(
    answer: std::result::Result<ActivityView, AppError>,
) -> std::result::Result<ActivityView, AppError> {
    let status = match &answer {
        Ok(view) if view.trail.problems.is_empty() => None,
        Ok(_) => Some(AppError::Refused(Refusal::InvalidInput)),
        // On its way to the sign-in page, or to the console.
        Err(AppError::Refused(Refusal::SignedOut | Refusal::NoAccount)) => None,
        Err(error) => Some(*error),
    };
    status.into_iter().for_each(answer_like);
    answer
}

fn row(event: &Event, reader: &Reader<'_>) -> Row {
    Row {
        at: Moment::from(event.at),
        ago: ago(event.at, reader.now),
        sentence: words::sentence(event, reader),
        outcome: words::describe(event.act).2,
        quoted: words::quoted(event.detail.as_ref()).map(str::to_owned),
        address: event.address.clone(),
        device: event.user_agent.as_deref().map(|text| device::in_words(Some(text))),
        facts: facts(event),
    }
}

/// Everything on record that the sentence does not say to the letter.
fn facts(event: &Event) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut add = |name: &str, value: &str| facts.push(Fact { name: name.to_owned(), value: value.to_owned() });
    add("Act", event.act.as_str());
    add("Exact time", &event.at.to_rfc3339());
    if let Some(id) = event.actor.id() {
        add("Actor", id);
    }
    for target in &event.targets {
        let name = match target {
            Target::Account(_) => "Account",
            Target::Pair(_) => "Key pair",
            Target::Person(_) => "Person",
            Target::Session(_) => "Session",
            Target::Invitation(_) => "Invitation",
            Target::BulkRoll(_) => "Bulk roll",
            Target::InstallationKey(_) => "Installation key",
            Target::File(_) => "File",
        };
        add(name, target.id());
    }
    if let Some(Detail::Roll { message: Some(message), .. }) = &event.detail {
        add("Message", message);
    }
    if let Some(Detail::Files { paths }) = &event.detail {
        for path in paths {
            add("Path", path);
        }
    }
    if let Some(Detail::Origins { from, to }) = &event.detail {
        let list = |origins: &[String]| if origins.is_empty() { "every origin".to_owned() } else { origins.join(", ") };
        add("Origins before", &list(from));
        add("Origins since", &list(to));
    }
    if let Some(user_agent) = &event.user_agent {
        add("User agent", user_agent);
    }
    add("Request", &event.request_id);
    add("Record", event.id.as_str());
    facts
}

/// How long ago, in words. What lies ahead by a clock that stepped back is just now.
pub(super) fn ago(at: Timestamp, now: Timestamp) -> String {
    let since = now.since(at);
    if since.as_millis() < 5_000 { "just now".to_owned() } else { format!("{} ago", in_words(since)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "evt_00000000000000000000000001";

    fn at(text: &str) -> Option<Timestamp> {
        Timestamp::parse_rfc3339(text)
    }

    #[test]
    fn a_whole_filter_is_read_and_written_back() {
        let query = format!(
            "?act=key.roll&act=key.reveal&act=key.roll&actor=person&who=+ada%2Bx%40example.org+&from=2026-11-23T09%3A02&until=2026-11-24&older={ID}"
        );
        let (form, asked) = read_with_form(&query);
        let asked = asked.expect("nothing is wrong");
        let expected = EventFilter {
            acts: vec![Act::KeyRoll, Act::KeyReveal],
            actor_kind: Some(ActorKind::Person),
            actor: Some("ada+x@example.org".to_owned()),
            from: at("2026-11-23T09:02:00Z"),
            until: at("2026-11-24T00:00:00Z"),
        };
        assert_eq!(asked.filter, expected);
        assert_eq!(asked.place, EventPlace::OlderThan(ID.parse().expect("an id")));
        assert_eq!(read(&write(&form, Some(&asked.place))), Ok(asked));
    }

    #[test]
    fn an_empty_form_filters_nothing() {
        for query in ["", "?", "act=&actor=&who=&from=&until=&older=", "&&", "who=+"] {
            assert_eq!(read(query), Ok(Asked::default()), "{query:?}");
        }
        assert!(!read_with_form("who=&actor=").0.is_set());
    }

    #[test]
    fn instants_are_utc_to_the_millisecond_and_read_back() {
        for (typed, expected, shown) in [
            ("2026-11-24", "2026-11-24T00:00:00Z", "2026-11-24T00:00"),
            ("2026-11-24T10:02", "2026-11-24T10:02:00Z", "2026-11-24T10:02"),
            ("2026-11-24T10:00:00", "2026-11-24T10:00:00Z", "2026-11-24T10:00"),
            ("2026-11-24T10:02:03", "2026-11-24T10:02:03Z", "2026-11-24T10:02:03"),
            ("2026-11-24T10:02:00.007", "2026-11-24T10:02:00.007Z", "2026-11-24T10:02:00.007"),
            ("2026-11-24T10:02:00.007Z", "2026-11-24T10:02:00.007Z", "2026-11-24T10:02:00.007"),
            ("2026-11-24T11:02:00+01:00", "2026-11-24T10:02:00Z", "2026-11-24T10:02"),
        ] {
            let read = read_instant(typed);
            assert_eq!(read, at(expected), "{typed}");
            assert_eq!(field_value(read.expect("read")), shown, "{typed}");
            assert_eq!(read_instant(shown), read, "{shown}");
        }
    }

    #[test]
    fn nothing_in_an_address_is_ignored() {
        use FilterProblem::{Act, Actor, From, Place, Range, Unknown, Until, Who};
        let long = format!("who={}", "x".repeat(301));
        for (query, problems) in [
            ("act=key.rotate", vec![Act]),
            ("actor=root", vec![Actor]),
            (long.as_str(), vec![Who]),
            ("from=yesterday", vec![From]),
            ("from=2026-13-01", vec![From]),
            ("from=99999-01-01", vec![From]),
            ("until=24:00", vec![Until]),
            ("from=2026-11-24&until=2026-11-24", vec![Range]),
            ("from=2026-11-25&until=2026-11-24", vec![Range]),
            ("older=evt_1", vec![Place]),
            ("newer=x", vec![Place]),
            ("acts=key.roll", vec![Unknown]),
            ("from=2026-11-24&from=2026-11-24", vec![Unknown]),
            ("who=a&who=", vec![Unknown]),
            ("actor=root&from=x&until=y&more", vec![Actor, From, Until, Unknown]),
        ] {
            assert_eq!(read(query), Err(problems), "{query}");
        }
        assert_eq!(read(&format!("older={ID}&newer={ID}")), Err(vec![Unknown]));
    }

    #[test]
    fn ago_reads_as_a_person_would_say_it() {
        let now = Timestamp::from_millis(1_795_424_520_000);
        for (before, words) in [
            (-1, "just now"),
            (4_999, "just now"),
            (5_000, "5 seconds ago"),
            (180_000, "3 minutes ago"),
            (30 * 86_400_000, "30 days ago"),
        ] {
            assert_eq!(ago(Timestamp::from_millis(now.as_millis() - before), now), words);
        }
    }
}
