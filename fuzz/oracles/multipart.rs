//! What must hold of the form of an upload, as it is read from a body.
//!
//! Input: a byte that says how the form is made and for which version of the API (`r` and `p` for the first, `R` and `P`
//! for the second); one that chooses the limits; a line of sizes in which the body arrives; then the body itself (`r`), or a
//! description of its parts (`p`) from which a well-formed body is written, whose outcome is known beforehand.

use super::reading::{BodyError, Limits, ReadError, Taker, read};
use bytes::Bytes;
use domain::upload::form::{Fields, NotHere, Version};
use domain::upload::{Parameter, UploadRefusal};
use futures_util::Stream;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll, Wake, Waker};

const BOUNDARY: &str = "bound";

/// The largest form that is made, so that one input does not take long.
const LARGEST: usize = 200_000;

/// The cut that is none.
const WHOLE: u8 = 0x7f;

/// Panics unless it holds of `input`. `around` is put around every reading, and may look at what it costs.
pub fn holds(input: &[u8], around: impl Fn(Limits, &mut dyn FnMut())) {
    let [kind, limits, rest @ ..] = input else { return };
    let limits = match limits % 3 {
        0 => Limits { unclaimed: 700, piece: 50, text: 100 },
        1 => Limits { unclaimed: 8_000, piece: 1_000, text: 2_000 },
        _ => Limits::USUAL,
    };
    let version = if kind.is_ascii_uppercase() { Version::V2 } else { Version::V1 };
    let line = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
    let (cuts, rest) = (&rest[..line], rest.get(line + 1..).unwrap_or_default());
    let made = kind.eq_ignore_ascii_case(&b'p').then(|| Made::from(version, limits, rest));
    let body = made.as_ref().map_or_else(|| Bytes::copy_from_slice(rest), |made| made.body.clone());

    let mut all = Vec::with_capacity(5);
    // All at once, and in the smallest pieces that do not take long.
    let (small, waited): (&[u8], &[u8]) = if body.len() <= 4_096 { (b"\0", b"\x80") } else { (b"\x3f", b"\xbf") };
    for cuts in [cuts, b"\x7f", b"\xff", small, waited] {
        // Made beforehand: what the reader costs is looked at, and not what is kept here to compare it.
        let mut room = Vec::with_capacity(body.len());
        around(limits, &mut || {
            all.push(Outcome::of(version, limits, &body, cuts, std::mem::take(&mut room)));
        });
    }
    for outcome in &all {
        outcome.is_within(limits, &body);
        outcome.agrees_with(&all[0], limits, &body);
        if let Some(made) = &made {
            made.expects(outcome, limits);
        }
    }
}

/// What came of a form.
struct Outcome {
    result: Result<Fields, ReadError<Infallible>>,
    taken: Taken,
    /// The largest piece that came.
    largest: usize,
}

impl Outcome {
    fn of(version: Version, limits: Limits, body: &Bytes, cuts: &[u8], room: Vec<u8>) -> Self {
        let given = Arc::new(AtomicUsize::new(0));
        let pieces = Pieces { body: body.clone(), cuts, next: 0, waited: false, given: Arc::clone(&given) };
        let mut taken = Taken { given, given_then: 0, ahead: 0, opened: None, bytes: room };
        let result = finish(read(version, BOUNDARY, limits, pieces, &mut taken), body.len());
        let largest = cuts.iter().copied().map(size_of).max().unwrap_or(usize::MAX);
        Self { result, taken, largest: largest.min(body.len()) }
    }

    /// Never more is kept than the limits allow.
    fn is_within(&self, limits: Limits, body: &Bytes) {
        assert!(self.taken.bytes.len() <= body.len(), "a file grew");
        let Ok(fields) = &self.result else { return };
        let text: usize = fields.iter().map(|(_, text)| text.len()).sum();
        assert!(text <= limits.text, "{text} bytes of text were kept");
        assert_eq!(self.taken.opened.is_some(), fields.get(Parameter::File).is_some(), "a file came unannounced");
    }

    /// However a body is cut on its way, it says the same.
    fn agrees_with(&self, other: &Self, limits: Limits, body: &Bytes) {
        let (mine, theirs) = (&self.taken.bytes, &other.taken.bytes);
        let shorter = mine.len().min(theirs.len());
        assert_eq!(mine[..shorter], theirs[..shorter], "two cuts of one body are two files");
        if self.gave_up() || other.gave_up() {
            // How far ahead of it the reader is depends on the cuts, but for a body that is too short to be too much.
            assert!(body.len() >= limits.unclaimed - limits.piece, "a short body was too much");
            return;
        }
        match (&self.result, &other.result) {
            (Ok(fields), Ok(others)) => {
                assert_eq!(fields, others);
                assert_eq!(mine, theirs);
            }
            // A file that breaks off is noticed before its end, or at its end.
            (Err(ReadError::Malformed), Err(ReadError::Refused(refusal)))
            | (Err(ReadError::Refused(refusal)), Err(ReadError::Malformed)) => {
                let early = [UploadRefusal::FileUnreadable, UploadRefusal::FileIsUrl];
                assert!(early.contains(refusal) || matches!(refusal, UploadRefusal::Invalid(_)), "{refusal:?}");
            }
            (mine, theirs) => assert_eq!(mine, theirs, "two cuts of one body are told differently"),
        }
        if self.result.is_ok() || other.result.is_ok() {
            assert_eq!(self.taken.opened, other.taken.opened, "what stood before the file depends on the cuts");
        }
    }

    fn gave_up(&self) -> bool {
        self.result == Err(ReadError::Body(BodyError::TooMuch))
    }
}

/// Where the file of a form went.
struct Taken {
    /// How much of the body has been given out, and how much it was when the file began.
    given: Arc<AtomicUsize>,
    given_then: usize,
    /// How far the reader ever was ahead of what it wrote of the file.
    ahead: usize,
    /// The fields that came before it.
    opened: Option<Fields>,
    bytes: Vec<u8>,
}

impl Taker for Taken {
    type Error = Infallible;

    async fn open(&mut self, fields: &Fields) -> Result<(), Infallible> {
        assert!(self.opened.is_none(), "a second file");
        self.opened = Some(fields.clone());
        self.given_then = self.given.load(Relaxed);
        Ok(())
    }

    async fn write(&mut self, bytes: Bytes) -> Result<(), Infallible> {
        assert!(self.opened.is_some(), "bytes of no file");
        let since = self.given.load(Relaxed) - self.given_then;
        self.ahead = self.ahead.max(since.saturating_sub(self.bytes.len()));
        self.bytes.extend_from_slice(&bytes);
        Ok(())
    }
}

/// A body, as it arrives.
struct Pieces<'a> {
    body: Bytes,
    /// One byte a piece, over and over: how long it is, and with its highest bit whether it is waited for.
    cuts: &'a [u8],
    next: usize,
    waited: bool,
    given: Arc<AtomicUsize>,
}

impl Stream for Pieces<'_> {
    type Item = Result<Bytes, BodyError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let cut = self.cuts.get(self.next % self.cuts.len().max(1)).copied().unwrap_or(WHOLE);
        if cut >= 0x80 && !self.waited {
            self.waited = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.waited = false;
        self.next += 1;
        if self.body.is_empty() {
            return Poll::Ready(None);
        }
        let size = size_of(cut).min(self.body.len());
        self.given.fetch_add(size, Relaxed);
        Poll::Ready(Some(Ok(self.body.split_to(size))))
    }
}

/// How long a piece is: 1 to 64 bytes, or thousands, or everything that is left.
fn size_of(cut: u8) -> usize {
    match usize::from(cut & 0x7f) {
        small @ 0..0x40 => small + 1,
        large @ 0x40..0x7f => (large - 0x3f) * 1_000,
        _ => usize::MAX,
    }
}

/// Runs to its end what waits for nothing but what wakes it.
fn finish<T>(future: impl Future<Output = T>, length: usize) -> T {
    struct Woken(AtomicBool);
    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Relaxed);
        }
    }
    let woken = Arc::new(Woken(AtomicBool::new(false)));
    let waker = Waker::from(Arc::clone(&woken));
    let mut future = pin!(future);
    for _ in 0..100 * (length + 100) {
        if let Poll::Ready(ended) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return ended;
        }
        assert!(woken.0.swap(false, Relaxed), "it waits for what never comes");
    }
    panic!("it does not end");
}

/// A form that was written here, and what has to come of it.
struct Made {
    body: Bytes,
    /// How much of it is no part's content.
    around: usize,
    expected: Result<Fields, ReadError<Infallible>>,
    file: Option<(Fields, Vec<u8>)>,
    /// Whether the file is sent as bytes that say so.
    named: bool,
}

impl Made {
    /// Each part is six bytes and its text: which field, how it is written, how often the text is repeated (two bytes), and
    /// how long it is (two bytes).
    fn from(version: Version, limits: Limits, mut rest: &[u8]) -> Self {
        let (mut body, mut around) = (Vec::new(), 0);
        let mut reference = Reference { version, said: BTreeMap::new(), text_left: limits.text, file: None };
        let (mut refused, mut file_named) = (None, false);
        while let [field, how, times_high, times_low, long_high, long_low, text @ ..] = rest {
            let long = usize::from(u16::from_be_bytes([*long_high, *long_low])).min(text.len());
            // Most are short, because what is told by a form is told by its beginnings and its ends.
            let times = usize::from(u16::from_be_bytes([*times_high, *times_low]));
            let times = if times_high % 16 == 15 { times } else { times % 64 };
            let (text, after) = text.split_at(long);
            rest = after;
            let named = how & 1 != 0;
            let content = written(&text.repeat(times.clamp(1, LARGEST / 2 / long.max(1))), how >> 1);
            if body.len() + content.len() > LARGEST || contains(&content, b"--bound") {
                continue;
            }
            let name = name_of(*field);
            let file_name = if named { "; filename=\"a.bin\"" } else { "" };
            let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{file_name}\r\n\r\n");
            around += head.len() + 2;
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(&content);
            body.extend_from_slice(b"\r\n");
            file_named |= named && name == "file";
            if refused.is_none() {
                refused = reference.takes(name, named, content).err();
            }
        }
        let end = format!("--{BOUNDARY}--\r\n");
        around += end.len();
        body.extend_from_slice(end.as_bytes());
        let expected = match refused {
            Some(refusal) => Err(ReadError::Refused(refusal)),
            None => Ok(reference.fields()),
        };
        Self { body: body.into(), around, expected, file: reference.file, named: file_named }
    }

    fn expects(&self, outcome: &Outcome, limits: Limits) {
        if outcome.gave_up() {
            assert!(
                self.around + 2 * limits.piece >= limits.unclaimed,
                "{} bytes around parts are too much",
                self.around
            );
            return;
        }
        assert_eq!(outcome.result, self.expected, "it was read otherwise than it was written");
        let Ok(_) = &self.expected else { return };
        assert!(self.around <= limits.unclaimed + limits.piece, "{} bytes around parts are not too much", self.around);
        match (&self.file, &outcome.taken.opened) {
            (Some((before, bytes)), Some(opened)) => {
                assert_eq!(opened, before, "what stood before the file");
                assert_eq!(&outcome.taken.bytes, bytes, "the file was decoded otherwise than it was written");
                let most = limits.unclaimed + limits.piece + outcome.largest;
                assert!(!self.named || outcome.taken.ahead <= most, "{} bytes were gathered", outcome.taken.ahead);
            }
            (mine, theirs) => assert!(mine.is_none() && theirs.is_none(), "a file came from nowhere, or went there"),
        }
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

fn name_of(field: u8) -> &'static str {
    let names = Parameter::ALL.len();
    match usize::from(field) % (names + NotHere::ALL.len() + 1) {
        index if index < names => Parameter::ALL[index].as_str(),
        index if index < names + NotHere::ALL.len() => NotHere::ALL[index - names].as_str(),
        _ => "else",
    }
}

/// As it is, as base 64 with its padding or without, in lines, or as a data URI.
fn written(text: &[u8], how: u8) -> Vec<u8> {
    let encoded = || data_encoding::BASE64.encode(text);
    match how % 6 {
        0 | 1 => text.to_vec(),
        2 => encoded().into_bytes(),
        3 => encoded().trim_end_matches('=').as_bytes().to_vec(),
        4 => encoded().as_bytes().chunks(19).collect::<Vec<_>>().join(&b"\r\n"[..]),
        _ => format!("data:image/png;base64,{}", encoded()).into_bytes(),
    }
}

/// The same form, read from the whole of it at once, in the plainest way.
struct Reference {
    version: Version,
    said: BTreeMap<Parameter, String>,
    text_left: usize,
    file: Option<(Fields, Vec<u8>)>,
}

impl Reference {
    fn takes(&mut self, name: &str, named: bool, content: Vec<u8>) -> Result<(), UploadRefusal> {
        let not_here = NotHere::ALL.iter().find(|not_here| not_here.as_str() == name);
        if let Some(not_here) = not_here {
            return Err(UploadRefusal::NotAvailable(*not_here));
        }
        let parameter = Parameter::ALL.iter().find(|parameter| parameter.as_str() == name);
        let parameter = *parameter.ok_or(UploadRefusal::UnknownParameter)?;
        if self.version == Version::V2 && ["publicKey", "signature", "expire"].contains(&name) {
            return Err(UploadRefusal::UnknownParameter);
        }
        if self.said.contains_key(&parameter) {
            return Err(UploadRefusal::Repeated(parameter));
        }
        if parameter == Parameter::File {
            let before = self.fields();
            self.file = Some((before, if named { content } else { decoded(content)? }));
            self.said.insert(parameter, String::new());
            return Ok(());
        }
        let fits = self.text_left.checked_sub(content.len());
        self.text_left = fits.ok_or(UploadRefusal::Invalid(parameter))?;
        let text = String::from_utf8(content).map_err(|_| UploadRefusal::Invalid(parameter))?;
        self.said.insert(parameter, text);
        Ok(())
    }

    fn fields(&self) -> Fields {
        let mut fields = Fields::new(self.version);
        for (parameter, text) in &self.said {
            fields.insert(*parameter, text.clone());
        }
        fields
    }
}

/// What a file is that says nothing of itself.
fn decoded(content: Vec<u8>) -> Result<Vec<u8>, UploadRefusal> {
    let head = String::from_utf8_lossy(&content[..content.len().min(4_096)]).to_ascii_lowercase();
    let plausible = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=\r\n".contains(byte);
    if content.is_empty() {
        Err(UploadRefusal::Missing(Parameter::File))
    } else if head.starts_with("http://") || head.starts_with("https://") {
        Err(UploadRefusal::FileIsUrl)
    } else if head.starts_with("data:") {
        let comma = content.iter().take(1_024).position(|byte| *byte == b',').ok_or(UploadRefusal::FileUnreadable)?;
        let says = String::from_utf8_lossy(&content[..comma]).to_ascii_lowercase();
        let bytes = base64(&content[comma + 1..]).filter(|_| says.ends_with(";base64"));
        bytes.ok_or(UploadRefusal::FileUnreadable)
    } else if content.len() >= 4_096 && content[..4_096].iter().all(plausible) {
        base64(&content).ok_or(UploadRefusal::FileUnreadable)
    } else {
        let text = content.iter().any(|byte| !b"\r\n".contains(byte));
        Ok(base64(&content).filter(|_| text).unwrap_or(content))
    }
}

/// Base 64 (RFC 4648, section 4) in lines of any length, with its padding or without; `None` for anything else.
fn base64(text: &[u8]) -> Option<Vec<u8>> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text: Vec<u8> = text.iter().copied().filter(|byte| !b"\r\n".contains(byte)).collect();
    if text.len().is_multiple_of(4) {
        let padding = text.iter().rev().take(2).take_while(|byte| **byte == b'=').count();
        text.truncate(text.len() - padding);
    }
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0_u32);
    for byte in &text {
        let digit = DIGITS.iter().position(|digit| digit == byte)?;
        held = held << 6 | u32::try_from(digit).ok()?;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits & 0xff) as u8);
        }
        held &= (1 << bits) - 1;
    }
    // What is left of the last digit says nothing.
    (text.len() % 4 != 1 && held == 0).then_some(bytes)
}
