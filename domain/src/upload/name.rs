//! Names of files and folders that can do no harm, wherever they are shown or written.
//!
//! They are never names in the file system: bytes lie under ids.

use crate::Entropy;
use crate::upload::{Parameter, UploadRefusal};
use std::fmt;

const NAME_CHARS: usize = 200;
const FOLDER_BYTES: usize = 1_000;
const FOLDER_DEPTH: usize = 50;
const SUFFIX: usize = 9;
const SUFFIX_DIGITS: &[u8; 64] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";

/// A file's name: 1 to 210 of `A-Za-z0-9.-_`, not beginning with a dot.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileName(String);

/// Where a file is, as people see it: `/` or `/a/b`, each part of `A-Za-z0-9.-_` and none of dots only.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Folder(String);

/// Letters, digits, dot and hyphen stay; everything else becomes an underscore.
fn tame(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-') { c } else { '_' }).collect()
}

/// What somebody looks for in names, with what names never hold changed as it is when they are made: `my photo` is found
/// in `my_photo.jpg`.
pub fn as_in_names(text: &str) -> String {
    tame(text)
}

/// A part of a path that names itself: neither hidden nor a way up.
fn part(text: &str) -> String {
    let tamed = tame(text);
    let dots = tamed.bytes().take_while(|byte| *byte == b'.').count();
    format!("{}{}", "_".repeat(dots), &tamed[dots..])
}

impl FileName {
    /// What a client calls its file, made harmless.
    pub fn read(text: &str) -> Result<Self, UploadRefusal> {
        match text.chars().count() {
            0 => Err(UploadRefusal::Missing(Parameter::FileName)),
            1..=NAME_CHARS => Ok(Self(part(text))),
            _ => Err(UploadRefusal::Invalid(Parameter::FileName)),
        }
    }

    /// The same name with something unguessable before its ending: `photo_x8Kd2mPq1.jpg`.
    #[must_use]
    pub fn made_unique(&self, entropy: &dyn Entropy) -> Self {
        let mut random = [0_u8; SUFFIX];
        entropy.fill(&mut random);
        let suffix: String = random.iter().map(|byte| char::from(SUFFIX_DIGITS[usize::from(byte & 63)])).collect();
        let (stem, ending) = match self.0.rsplit_once('.') {
            Some((stem, ending)) if !stem.is_empty() => (stem, format!(".{ending}")),
            _ => (self.0.as_str(), String::new()),
        };
        Self(format!("{stem}_{suffix}{ending}"))
    }

    /// A name as it was stored; `None` for what [`FileName::read`] never makes.
    pub fn parse_stored(text: &str) -> Option<Self> {
        let fits = !text.is_empty() && text.len() <= NAME_CHARS + SUFFIX + 1;
        (fits && part(text) == text).then(|| Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Folder {
    /// The folder of all folders.
    pub fn root() -> Self {
        Self("/".to_owned())
    }

    /// What a client calls a folder, made harmless: `docs/2026/`, `/docs/2026` and `//docs//2026` are one.
    pub fn read(text: &str) -> Result<Self, UploadRefusal> {
        let parts: Vec<String> = text.split('/').filter(|text| !text.is_empty()).map(part).collect();
        let folder = format!("/{}", parts.join("/"));
        if parts.len() > FOLDER_DEPTH || folder.len() > FOLDER_BYTES {
            return Err(UploadRefusal::Invalid(Parameter::Folder));
        }
        Ok(Self(folder))
    }

    /// A folder as it was stored; `None` for what [`Folder::read`] never makes.
    pub fn parse_stored(text: &str) -> Option<Self> {
        Self::read(text).ok().filter(|folder| folder.0 == text)
    }

    /// The folder.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path of a file in it: `/a/b/name.txt`.
    pub fn join(&self, name: &FileName) -> String {
        format!("{}/{name}", self.0.trim_end_matches('/'))
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Folder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    struct Fixed;

    impl Entropy for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(63);
        }
    }

    #[test]
    fn names_are_made_harmless() {
        for (text, name) in [
            ("photo.jpg", "photo.jpg"),
            ("my photo (1).jpg", "my_photo__1_.jpg"),
            ("../../etc/passwd", "___.._etc_passwd"),
            (".htaccess", "_htaccess"),
            ("..", "__"),
            ("a\r\nSet-Cookie: x", "a__Set-Cookie__x"),
            ("naïve.txt", "na_ve.txt"),
            ("C:\\x", "C__x"),
            ("\u{202e}gpj.exe", "_gpj.exe"),
        ] {
            assert_eq!(FileName::read(text).map(|name| name.0), Ok(name.to_owned()), "{text}");
        }
        assert_eq!(FileName::read(""), Err(UploadRefusal::Missing(Parameter::FileName)));
        assert_eq!(FileName::read(&"a".repeat(201)), Err(UploadRefusal::Invalid(Parameter::FileName)));
    }

    #[test]
    fn a_unique_name_keeps_its_ending() {
        let unique = |text: &str| FileName::read(text).expect("a name").made_unique(&Fixed).0;
        assert_eq!(unique("photo.jpg"), "photo__________.jpg");
        assert_eq!(unique("archive.tar.gz"), "archive.tar__________.gz");
        assert_eq!(unique("README"), "README__________");
    }

    #[test]
    fn folders_are_made_harmless() {
        for (text, folder) in [
            ("", "/"),
            ("/", "/"),
            ("docs/2026/", "/docs/2026"),
            ("//docs//2026", "/docs/2026"),
            ("../../etc", "/__/__/etc"),
            ("a b/./c", "/a_b/_/c"),
        ] {
            assert_eq!(Folder::read(text).map(|folder| folder.0), Ok(folder.to_owned()), "{text}");
        }
        assert!(Folder::read(&"a/".repeat(50)).is_ok());
        assert_eq!(Folder::read(&"a/".repeat(51)), Err(UploadRefusal::Invalid(Parameter::Folder)));
        assert_eq!(Folder::read(&"a".repeat(1_000)), Err(UploadRefusal::Invalid(Parameter::Folder)));
        let name = FileName::read("a.txt").expect("a name");
        assert_eq!(Folder::root().join(&name), "/a.txt");
        assert_eq!(Folder::read("x").expect("a folder").join(&name), "/x/a.txt");
    }

    proptest! {
        #[test]
        fn whatever_is_sent_becomes_a_path_of_plain_parts(name in ".{1,40}", folder in ".{0,60}") {
            let name = FileName::read(&name).expect("short enough");
            let folder = Folder::read(&folder).expect("short enough");
            for unique in [name.clone(), name.made_unique(&Fixed)] {
                let stored = FileName::parse_stored(unique.as_str());
                prop_assert_eq!(stored.as_ref(), Some(&unique));
            }
            let stored = Folder::parse_stored(folder.as_str());
            prop_assert_eq!(stored.as_ref(), Some(&folder));
            let path = folder.join(&name);
            prop_assert!(path.starts_with('/') && path.is_ascii());
            let plain = |part: &str| !part.is_empty() && !part.starts_with('.')
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
            prop_assert!(path[1..].split('/').all(plain), "{path}");
        }
    }
}
