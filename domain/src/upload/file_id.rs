//! The ids of files, in the form that ImageKit's clients expect.

use crate::Entropy;
use crate::id::InvalidId;
use std::fmt;

const BYTES: usize = 12;

/// A file's id, or that of one of its versions: 24 hexadecimal digits, all of them random.
///
/// Other than our own ids it does not begin with the time: a file's address is made of it, and whoever knows some of them
/// must not be able to guess another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FileId(String);

impl FileId {
    /// A new id.
    pub fn mint(entropy: &dyn Entropy) -> Self {
        let mut random = [0_u8; BYTES];
        entropy.fill(&mut random);
        let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
        Self(random.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for FileId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let hexadecimal = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() == 2 * BYTES && text.bytes().all(hexadecimal) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidId)
        }
    }
}

impl TryFrom<String> for FileId {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl From<FileId> for String {
    fn from(id: FileId) -> Self {
        id.0
    }
}

impl fmt::Display for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed;

    impl Entropy for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            for (byte, value) in bytes.iter_mut().zip(0xa0..) {
                *byte = value;
            }
        }
    }

    #[test]
    fn a_file_id_is_24_hexadecimal_digits_and_nothing_else() {
        let id = FileId::mint(&Fixed);
        assert_eq!(id.as_str(), "a0a1a2a3a4a5a6a7a8a9aaab");
        assert_eq!(id.as_str().parse(), Ok(id));
        for text in [
            "",
            "a0a1a2a3a4a5a6a7a8a9aaa",
            "A0A1A2A3A4A5A6A7A8A9AAAB",
            "../../../../../../../../",
            "a0a1a2a3a4a5a6a7a8a9aabé",
        ] {
            assert_eq!(text.parse::<FileId>(), Err(InvalidId), "{text}");
        }
    }
}
