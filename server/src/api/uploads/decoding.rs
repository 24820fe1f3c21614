//! The file of a form, as its sender wrote it: bytes, base 64, or a data URI (RFC 2397) in base 64.
//!
//! A part with a file name or a content type is bytes. One with neither may be any of them, and is told by how it begins:
//! a text that is base 64 from beginning to end is read as such, as ImageKit does.

use bytes::{Bytes, BytesMut};
use data_encoding::{BASE64, BASE64_NOPAD};
use domain::upload::{Parameter, UploadRefusal};

/// How much is looked at before it is decided what a part is.
const LOOK_AT: usize = 4_096;

/// The longest that may stand before the comma of a data URI.
const LONGEST_PREFIX: usize = 1_024;

/// What a part turned out to be so far.
pub(super) enum Decoding {
    /// Too little of it is there.
    Undecided(BytesMut),
    /// Bytes, as they are.
    Raw,
    /// Base 64, and what of it is not decoded yet.
    Base64(Vec<u8>),
}

impl Decoding {
    pub(super) fn undecided() -> Self {
        Self::Undecided(BytesMut::new())
    }

    /// Takes a piece in; answers what can be passed on.
    pub(super) fn feed(&mut self, piece: Bytes) -> Result<Option<Bytes>, UploadRefusal> {
        match self {
            Self::Raw => Ok(Some(piece)),
            Self::Base64(rest) => decode(rest, &piece),
            Self::Undecided(head) => {
                head.extend_from_slice(&piece);
                if head.len() < LOOK_AT {
                    return Ok(None);
                }
                let head = head.split().freeze();
                self.decide(head, false)
            }
        }
    }

    /// There is no more; answers what is left to be passed on.
    pub(super) fn end(&mut self) -> Result<Option<Bytes>, UploadRefusal> {
        let mut passed = None;
        if let Self::Undecided(head) = self {
            if head.is_empty() {
                return Err(UploadRefusal::Missing(Parameter::File));
            }
            let head = head.split().freeze();
            passed = self.decide(head, true)?;
        }
        let Self::Base64(rest) = self else {
            return Ok(passed);
        };
        let last = decode_last(rest).ok_or(UploadRefusal::FileUnreadable)?;
        let all = [passed.unwrap_or_default(), last.into()].concat();
        Ok(Some(all.into()).filter(|bytes: &Bytes| !bytes.is_empty()))
    }

    fn decide(&mut self, head: Bytes, whole: bool) -> Result<Option<Bytes>, UploadRefusal> {
        if begins_with(&head, b"http://") || begins_with(&head, b"https://") {
            return Err(UploadRefusal::FileIsUrl);
        }
        if begins_with(&head, b"data:") {
            let comma = head.iter().take(LONGEST_PREFIX).position(|byte| *byte == b',');
            let comma = comma.ok_or(UploadRefusal::FileUnreadable)?;
            if !head[..comma].to_ascii_lowercase().ends_with(b";base64") {
                return Err(UploadRefusal::FileUnreadable);
            }
            *self = Self::Base64(Vec::new());
            return self.feed(head.slice(comma + 1..));
        }
        // However much came at once: what a file is must not depend on how it was cut on its way.
        let beginning = &head[..head.len().min(LOOK_AT)];
        let plausible = beginning.iter().all(|byte| is_digit(*byte) || matches!(byte, b'=' | b'\r' | b'\n'));
        // Of a whole text it can be told for certain.
        if plausible && (!whole || decodes(&head)) {
            *self = Self::Base64(Vec::new());
            return self.feed(head);
        }
        *self = Self::Raw;
        Ok(Some(head))
    }
}

fn begins_with(head: &[u8], prefix: &[u8]) -> bool {
    head.get(..prefix.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(prefix))
}

fn is_digit(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')
}

fn is_break(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

fn decodes(text: &[u8]) -> bool {
    let digits: Vec<u8> = text.iter().copied().filter(|byte| !is_break(*byte)).collect();
    !digits.is_empty() && decode_last(&digits).is_some()
}

/// Decodes what is certainly not the end, and keeps the rest.
fn decode(rest: &mut Vec<u8>, piece: &[u8]) -> Result<Option<Bytes>, UploadRefusal> {
    rest.extend(piece.iter().copied().filter(|byte| !is_break(*byte)));
    let certain = rest.len().saturating_sub(1) / 4 * 4;
    if certain == 0 {
        return Ok(None);
    }
    let decoded = BASE64_NOPAD.decode(&rest[..certain]).map_err(|_| UploadRefusal::FileUnreadable)?;
    rest.drain(..certain);
    Ok(Some(decoded.into()))
}

/// The end, with its padding or without.
fn decode_last(rest: &[u8]) -> Option<Vec<u8>> {
    let body = rest.len().saturating_sub(1) / 4 * 4;
    let (body, end) = rest.split_at(body);
    let mut decoded = BASE64_NOPAD.decode(body).ok()?;
    let encoding = if end.len() == 4 { BASE64 } else { BASE64_NOPAD };
    decoded.extend(encoding.decode(end).ok()?);
    Some(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What comes out when the text goes in a piece at a time.
    fn through(text: &[u8], piece: usize) -> Result<Vec<u8>, UploadRefusal> {
        let mut decoding = Decoding::undecided();
        let mut out = Vec::new();
        for piece in text.chunks(piece.max(1)) {
            out.extend(decoding.feed(Bytes::copy_from_slice(piece))?.unwrap_or_default());
        }
        out.extend(decoding.end()?.unwrap_or_default());
        Ok(out)
    }

    #[test]
    fn a_part_without_a_name_is_told_by_how_it_begins() {
        let long = "x".repeat(10_000);
        for (text, expected) in [
            ("aGk=", Ok("hi".to_owned())),
            ("aGk", Ok("hi".to_owned())),
            ("aG\r\nk=\r\n", Ok("hi".to_owned())),
            ("data:text/plain;charset=utf-8;base64,aGk=", Ok("hi".to_owned())),
            ("DATA:;BASE64,", Ok(String::new())),
            ("hi there", Ok("hi there".to_owned())),
            ("hello", Ok("hello".to_owned())),
            ("{\"a\":1}", Ok("{\"a\":1}".to_owned())),
            ("data:text/plain,hi", Err(UploadRefusal::FileUnreadable)),
            ("data:text/plain;base64,hi there", Err(UploadRefusal::FileUnreadable)),
            ("data:text/plain;base64,aGk=aGk=", Err(UploadRefusal::FileUnreadable)),
            ("data:nothing", Err(UploadRefusal::FileUnreadable)),
            ("https://example.com/a.png", Err(UploadRefusal::FileIsUrl)),
            ("HTTP://example.com/a.png", Err(UploadRefusal::FileIsUrl)),
            ("", Err(UploadRefusal::Missing(Parameter::File))),
            (&format!("{long}!"), Err(UploadRefusal::FileUnreadable)),
            (&format!("!{long}"), Ok(format!("!{long}"))),
        ] {
            for piece in [1, 3, 4_095, 4_096, 100_000] {
                assert_eq!(through(text.as_bytes(), piece), expected.clone().map(String::into_bytes), "{text:.40}");
            }
        }
    }

    proptest! {
        #[test]
        fn what_was_encoded_comes_back_however_it_is_cut(
            bytes in prop::collection::vec(any::<u8>(), 1..9_000), piece in 1_usize..5_000, data_uri: bool
        ) {
            let text = BASE64.encode(&bytes);
            let text = if data_uri { format!("data:image/png;base64,{text}") } else { text };
            prop_assert_eq!(through(text.as_bytes(), piece), Ok(bytes));
        }

        #[test]
        fn nothing_that_is_sent_panics(bytes in prop::collection::vec(any::<u8>(), 0..300), piece in 1_usize..50) {
            let _ = through(&bytes, piece);
        }
    }
}
