//! What a system sends, read strictly: what is not understood is refused by its name and never ignored.
//!
//! A misspelt member that is passed over would do something else than what was meant, and say that all went well.

use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use std::fmt;

/// A "no" that names what it is about, in the form of every error of the API.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Complaint {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) help: String,
}

impl IntoResponse for Complaint {
    fn into_response(self) -> Response {
        let body = serde_json::json!({ "message": self.message, "help": self.help, "code": self.code });
        (self.status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
    }
}

impl Complaint {
    fn unprocessable(code: &'static str, message: String, help: String) -> Self {
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, code, message, help }
    }
}

/// The members of a JSON object, or the parameters of a query, of which each is taken at most once.
#[derive(Debug)]
pub(super) struct Members {
    /// "member" or "parameter".
    kind: &'static str,
    known: &'static [&'static str],
    given: Vec<(String, Value)>,
}

/// As written: a member that comes twice is there twice.
struct Object(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Object(members))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

impl Members {
    /// The members of a body, which is one JSON object and holds nothing but the `known` ones, each once.
    pub(super) fn of_body(body: &[u8], known: &'static [&'static str]) -> Result<Self, Complaint> {
        let Ok(Object(given)) = serde_json::from_slice(body) else {
            return Err(Complaint {
                status: StatusCode::BAD_REQUEST,
                code: "BODY_NOT_JSON",
                message: "The body of this request is no JSON object.".to_owned(),
                help: format!("Nothing was changed. Send an object with these members: {}.", known.join(", ")),
            });
        };
        Self { kind: "member", known, given }.checked()
    }

    /// The parameters of a query, which holds nothing but the `known` ones, each once.
    pub(super) fn of_query(given: Vec<(String, String)>, known: &'static [&'static str]) -> Result<Self, Complaint> {
        let given = given.into_iter().map(|(name, value)| (name, Value::String(value))).collect();
        Self { kind: "parameter", known, given }.checked()
    }

    fn checked(self) -> Result<Self, Complaint> {
        let Self { kind, known, given } = &self;
        for (index, (name, _)) in given.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                let name = if is_plain(name) { format!("{kind} `{name}`") } else { format!("{kind} of another name") };
                return Err(Complaint::unprocessable(
                    "MEMBER_UNKNOWN",
                    format!("There is no {name} here."),
                    format!("Nothing was changed. These are understood: {}.", known.join(", ")),
                ));
            }
            if given[..index].iter().any(|(earlier, _)| earlier == name) {
                return Err(Complaint::unprocessable(
                    "MEMBER_REPEATED",
                    format!("The {kind} `{name}` is there more than once."),
                    "Nothing was changed. Send it once.".to_owned(),
                ));
            }
        }
        Ok(self)
    }

    /// A member that may be missing; `null` is as good as missing.
    fn take(&mut self, name: &'static str) -> Option<Value> {
        let at = self.given.iter().position(|(given, _)| given == name)?;
        Some(self.given.swap_remove(at).1).filter(|value| !value.is_null())
    }

    pub(super) fn optional_text(&mut self, name: &'static str) -> Result<Option<String>, Complaint> {
        match self.take(name) {
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.invalid(name, "is a text")),
            None => Ok(None),
        }
    }

    pub(super) fn text(&mut self, name: &'static str) -> Result<String, Complaint> {
        self.optional_text(name)?.ok_or_else(|| self.missing(name))
    }

    /// A list of texts, at most this many.
    pub(super) fn texts(&mut self, name: &'static str, most: usize) -> Result<Vec<String>, Complaint> {
        let value = self.take(name).ok_or_else(|| self.missing(name))?;
        let texts = serde_json::from_value::<Vec<String>>(value).ok().filter(|texts| texts.len() <= most);
        texts.ok_or_else(|| self.invalid(name, &format!("is a list of at most {most} texts")))
    }

    pub(super) fn bool(&mut self, name: &'static str) -> Result<bool, Complaint> {
        match self.take(name) {
            Some(Value::Bool(value)) => Ok(value),
            Some(_) => Err(self.invalid(name, "is true or false")),
            None => Err(self.missing(name)),
        }
    }

    /// What is wrong with a member that is there.
    pub(super) fn invalid(&self, name: &'static str, what_it_is: &str) -> Complaint {
        Complaint::unprocessable(
            "MEMBER_INVALID",
            format!("The {} `{name}` cannot be read.", self.kind),
            format!("Nothing was changed. `{name}` {what_it_is}."),
        )
    }

    fn missing(&self, name: &'static str) -> Complaint {
        Complaint::unprocessable(
            "MEMBER_MISSING",
            format!("The {} `{name}` is missing.", self.kind),
            format!("Nothing was changed. These are understood: {}.", self.known.join(", ")),
        )
    }
}

/// Short and without anything odd: what may be said back. A key is longer.
fn is_plain(name: &str) -> bool {
    (1..=32).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(body: &str) -> &'static str {
        let members = Members::of_body(body.as_bytes(), &["email", "disabled"]);
        match members.and_then(|mut members| Ok((members.text("email")?, members.bool("disabled")?))) {
            Ok(_) => "fine",
            Err(complaint) => complaint.code,
        }
    }

    #[test]
    fn whatever_is_not_understood_is_refused_by_name() {
        for (body, expected) in [
            (r#"{"email":"a","disabled":true}"#, "fine"),
            ("", "BODY_NOT_JSON"),
            ("[]", "BODY_NOT_JSON"),
            ("3", "BODY_NOT_JSON"),
            (r#"{"email":"a""#, "BODY_NOT_JSON"),
            (r#"{"email":"a","disabled":true} {}"#, "BODY_NOT_JSON"),
            (r#"{"email":"a","disabled":true,"Email":"b"}"#, "MEMBER_UNKNOWN"),
            (r#"{"email":"a","disabled":true,"email":"b"}"#, "MEMBER_REPEATED"),
            (r#"{"email":"a"}"#, "MEMBER_MISSING"),
            (r#"{"email":null,"disabled":true}"#, "MEMBER_MISSING"),
            (r#"{"email":3,"disabled":true}"#, "MEMBER_INVALID"),
            (r#"{"email":"a","disabled":"true"}"#, "MEMBER_INVALID"),
        ] {
            assert_eq!(code(body), expected, "{body}");
        }
    }

    #[test]
    fn a_name_that_may_be_a_key_is_not_said_back() {
        let key = format!("private_{}", "x".repeat(36));
        for name in [key.as_str(), "", "<b>", "a\nb"] {
            let body = serde_json::json!({ name: 1 }).to_string();
            let complaint = Members::of_body(body.as_bytes(), &["email"]).expect_err("unknown");
            assert_eq!(complaint.message, "There is no member of another name here.");
        }
    }
}
