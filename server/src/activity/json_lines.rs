//! JSON lines: one object on each line, with camelCase members like the HTTP API.

use super::text::on_one_line;
use domain::audit::{Actor, Detail, Event, Target};
use domain::{AccountId, Timestamp};
use serde::Serialize;
use std::io;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    id: &'a str,
    #[serde(with = "domain::time::rfc3339")]
    at: Timestamp,
    act: &'static str,
    actor: ActorLine<'a>,
    account_id: Option<&'a str>,
    targets: &'a [Target],
    detail: Option<&'a Detail>,
    address: Option<&'a str>,
    user_agent: Option<&'a str>,
    request_id: &'a str,
}

#[derive(Serialize)]
struct ActorLine<'a> {
    kind: &'static str,
    id: Option<&'a str>,
    name: Option<&'a str>,
}

impl<'a> From<&'a Actor> for ActorLine<'a> {
    fn from(actor: &'a Actor) -> Self {
        Self { kind: actor.kind().as_str(), id: actor.id(), name: actor.name() }
    }
}

/// These records, each with its line break.
pub(super) fn write(events: &[Event]) -> io::Result<Vec<u8>> {
    let mut lines = String::new();
    for event in events {
        let line = serde_json::to_string(&Line {
            id: event.id.as_str(),
            at: event.at,
            act: event.act.as_str(),
            actor: (&event.actor).into(),
            account_id: event.account_id.as_ref().map(AccountId::as_str),
            targets: &event.targets,
            detail: event.detail.as_ref(),
            address: event.address.as_deref(),
            user_agent: event.user_agent.as_deref(),
            request_id: &event.request_id,
        })?;
        // Only strings hold such characters, and there the escape means the same.
        lines.push_str(&on_one_line(&line));
        lines.push('\n');
    }
    Ok(lines.into_bytes())
}
