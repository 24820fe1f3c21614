//! What a JSON Web Token says about an upload: which fields its form has, and when it may be used.
//!
//! The signature is the backend's. Everything here is decided by us and nothing by the defaults of a library: which
//! members there may be, the window, and what equal means.

use crate::upload::form::Fields;
use crate::upload::{Parameter, UploadRefusal};
use crate::{Duration, Timestamp};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::Value;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

/// How long a token may live, inclusive: from when it was issued to when it expires.
pub const LONGEST_LIFE: Duration = Duration::hours(1);

/// How much later than now a token may have been issued, inclusive: the clock of whoever issued it may be ahead by so
/// much. An expiry gets no such grace.
pub const CLOCKS_APART: Duration = Duration::seconds(5);

/// The payload of a token, each member once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payload {
    issued_at: i64,
    expires_at: i64,
    /// The fields of the form. What is no text is `None`, and equals nothing that a form can say.
    fields: BTreeMap<String, Option<String>>,
}

impl Payload {
    /// Until when the token has to be remembered once it was used, if it may be used now.
    pub fn usable_until(&self, now: Timestamp) -> Result<Timestamp, UploadRefusal> {
        let instant = |seconds: i64| seconds.checked_mul(1_000).map(Timestamp::from_millis);
        let (Some(issued), Some(expires)) = (instant(self.issued_at), instant(self.expires_at)) else {
            return Err(UploadRefusal::TokenInvalid);
        };
        let lives = self.expires_at.checked_sub(self.issued_at).and_then(|life| life.checked_mul(1_000));
        if !lives.is_some_and(|life| 0 < life && life <= LONGEST_LIFE.as_millis()) {
            return Err(UploadRefusal::TokenInvalid);
        }
        if expires <= now {
            return Err(UploadRefusal::TokenExpired);
        }
        if now.plus(CLOCKS_APART) < issued {
            return Err(UploadRefusal::TokenInvalid);
        }
        Ok(expires)
    }

    /// Whether the form says what the payload says, and nothing else: the same names, each with the same text. `file` and
    /// `token` are not in a payload. The order does not matter, nor how JSON writes a text.
    pub fn check_equal(&self, form: &Fields) -> Result<(), UploadRefusal> {
        let said = || form.iter().filter(|(parameter, _)| !matches!(parameter, Parameter::File | Parameter::Token));
        let equal = said().count() == self.fields.len()
            && said().all(|(parameter, text)| {
                self.fields.get(parameter.as_str()).is_some_and(|promised| promised.as_deref() == Some(text))
            });
        if equal { Ok(()) } else { Err(UploadRefusal::PayloadDiffers) }
    }
}

impl<'de> Deserialize<'de> for Payload {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Payload;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the payload of a token")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Payload, A::Error> {
                let (mut issued_at, mut expires_at, mut fields) = (None, None, BTreeMap::new());
                while let Some(name) = members.next_key::<String>()? {
                    let instant = match name.as_str() {
                        "iat" => &mut issued_at,
                        "exp" => &mut expires_at,
                        _ => {
                            // Which of two is meant cannot be told.
                            let Entry::Vacant(free) = fields.entry(name) else {
                                return Err(A::Error::custom("a member is there twice"));
                            };
                            free.insert(match members.next_value()? {
                                Value::String(text) => Some(text),
                                _ => None,
                            });
                            continue;
                        }
                    };
                    if instant.replace(members.next_value::<i64>()?).is_some() {
                        return Err(A::Error::custom("a member is there twice"));
                    }
                }
                let issued_at = issued_at.ok_or_else(|| A::Error::missing_field("iat"))?;
                let expires_at = expires_at.ok_or_else(|| A::Error::missing_field("exp"))?;
                Ok(Payload { issued_at, expires_at, fields })
            }
        }

        from.deserialize_map(Members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upload::form::Version;
    use proptest::prelude::*;
    use std::fmt::Write as _;

    const NOW: i64 = 1_795_424_520;

    fn payload(json: &str) -> Result<Payload, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn a_payload_has_two_whole_instants_and_no_member_twice() {
        assert!(payload("{\"iat\":1,\"exp\":2,\"fileName\":\"a\"}").is_ok());
        for wrong in [
            "{\"iat\":1}",
            "{\"exp\":2}",
            "{}",
            "[1,2]",
            "null",
            "{\"iat\":\"1\",\"exp\":2}",
            "{\"iat\":1,\"exp\":2.0}",
            "{\"iat\":1,\"exp\":null}",
            "{\"iat\":1,\"exp\":9223372036854775808}",
            "{\"iat\":1,\"exp\":2,\"exp\":2}",
            "{\"iat\":1,\"iat\":1,\"exp\":2}",
            "{\"iat\":1,\"exp\":2,\"tags\":\"a\",\"tags\":\"a\"}",
            "{\"iat\":1,\"exp\":2,\"tags\":\"a\",\"\\u0074ags\":\"b\"}",
            "{\"iat\":1,\"exp\":2,\"e\\u0078p\":2}",
            "{\"iat\":1,\"exp\":2} {}",
        ] {
            assert!(payload(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_token_is_usable_from_when_it_was_issued_until_it_expires_and_at_most_an_hour() {
        let (refused, expired) = (Err(UploadRefusal::TokenInvalid), Err(UploadRefusal::TokenExpired));
        for (issued_at, expires_at, expected) in [
            (NOW, NOW + 1, Ok(())),
            (NOW, NOW + 3_600, Ok(())),
            (NOW, NOW + 3_601, refused),
            (NOW - 3_599, NOW + 1, Ok(())),
            (NOW - 3_600, NOW, expired),
            (NOW - 3_600, NOW + 1, refused),
            (NOW - 10, NOW - 1, expired),
            (NOW + 5, NOW + 3_605, Ok(())),
            (NOW + 6, NOW + 3_000, refused),
            (NOW, NOW, refused),
            (NOW + 2, NOW + 1, refused),
            (NOW * 1_000, (NOW + 60) * 1_000, refused),
            (i64::MIN, i64::MAX, refused),
            (i64::MAX - 1, i64::MAX, refused),
            (i64::MIN, i64::MIN + 1, refused),
            (-10, -5, expired),
        ] {
            let payload = Payload { issued_at, expires_at, fields: BTreeMap::new() };
            let expected = expected.map(|()| Timestamp::from_millis(expires_at.saturating_mul(1_000)));
            let now = Timestamp::from_millis(NOW * 1_000);
            assert_eq!(payload.usable_until(now), expected, "{issued_at} {expires_at}");
        }
        // No millisecond more.
        let payload = Payload { issued_at: NOW - 60, expires_at: NOW, fields: BTreeMap::new() };
        assert!(payload.usable_until(Timestamp::from_millis(NOW * 1_000 - 1)).is_ok());
    }

    fn form(said: &BTreeMap<&str, String>) -> Fields {
        let mut form = Fields::new(Version::V2);
        for (name, text) in [("file", ""), ("token", "x")] {
            form.insert(Parameter::parse(name).expect("a parameter"), text.to_owned());
        }
        for (name, text) in said {
            form.insert(form.expect(name).expect("a field"), text.clone());
        }
        form
    }

    /// JSON with every character escaped, whether it has to be or not, in the order given.
    fn escaped(members: &[(&str, String)]) -> String {
        let mut json = format!("{{ \"exp\" : {}", NOW + 60);
        for (name, text) in members {
            json.push_str(",\n");
            for (text, after) in [(*name, ":"), (text.as_str(), "")] {
                json.push('"');
                text.encode_utf16().for_each(|unit| write!(json, "\\u{unit:04X}").expect("written"));
                json.push('"');
                json.push_str(after);
            }
        }
        write!(json, ",\"iat\":{NOW}}}").expect("written");
        json
    }

    #[test]
    fn what_is_no_text_equals_nothing() {
        let said = BTreeMap::from([("isPrivateFile", "true".to_owned())]);
        for (value, equal) in
            [("\"true\"", true), ("true", false), ("\"TRUE\"", false), ("[\"true\"]", false), ("null", false)]
        {
            let json = format!("{{\"iat\":1,\"exp\":2,\"isPrivateFile\":{value}}}");
            let expected = if equal { Ok(()) } else { Err(UploadRefusal::PayloadDiffers) };
            assert_eq!(payload(&json).expect("a payload").check_equal(&form(&said)), expected, "{value}");
        }
        for more in ["file", "token", "nbf", "publicKey"] {
            let json = format!("{{\"iat\":1,\"exp\":2,\"isPrivateFile\":\"true\",\"{more}\":\"\"}}");
            let differs = payload(&json).expect("a payload").check_equal(&form(&said));
            assert_eq!(differs, Err(UploadRefusal::PayloadDiffers), "{more}");
        }
    }

    fn field_name() -> impl Strategy<Value = &'static str> {
        let names: Vec<_> = Parameter::ALL
            .iter()
            .map(|parameter| parameter.as_str())
            .filter(|name| Fields::new(Version::V2).expect(name).is_ok() && !matches!(*name, "file" | "token"))
            .collect();
        prop::sample::select(names)
    }

    proptest! {
        /// However the JSON is written and in whatever order, the texts are what counts; and every one of them counts.
        #[test]
        fn a_form_equals_its_payload_however_that_is_written_and_no_other(
            said in prop::collection::btree_map(field_name(), any::<String>(), 1..8),
            turn in 0_usize..8,
            other in any::<String>(),
            one in field_name(),
        ) {
            let mut members: Vec<_> = said.iter().map(|(name, text)| (*name, text.clone())).collect();
            let turn = turn % members.len();
            members.rotate_left(turn);
            let promised = payload(&escaped(&members)).expect("a payload");
            let texts = said.iter().map(|(name, text)| ((*name).to_owned(), Value::from(text.as_str())));
            let mut plain: serde_json::Map<_, _> = texts.collect();
            plain.insert("iat".to_owned(), NOW.into());
            plain.insert("exp".to_owned(), (NOW + 60).into());
            prop_assert_eq!(&promised, &payload(&Value::Object(plain).to_string()).expect("a payload"));
            prop_assert_eq!(promised.check_equal(&form(&said)), Ok(()));

            let mut changed = said.clone();
            changed.insert(one, other);
            let equal = changed == said;
            prop_assert_eq!(promised.check_equal(&form(&changed)).is_ok(), equal);
            let mut fewer = said.clone();
            fewer.remove(members[0].0);
            prop_assert_eq!(promised.check_equal(&form(&fewer)), Err(UploadRefusal::PayloadDiffers));
        }

        #[test]
        fn what_is_usable_lives_no_longer_than_an_hour(issued_at in -4_000_i64..4_000, life in -10_i64..4_000) {
            let payload = Payload { issued_at: NOW + issued_at, expires_at: NOW + issued_at + life, fields: BTreeMap::new() };
            if let Ok(until) = payload.usable_until(Timestamp::from_millis(NOW * 1_000)) {
                let left = until.as_millis() / 1_000 - NOW;
                prop_assert!(0 < left && left <= 3_605 && life <= 3_600 && issued_at <= 5);
            }
        }
    }
}
