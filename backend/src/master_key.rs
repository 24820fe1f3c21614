//! The master key file: the installation's secrets, outside its database.
//!
//! One line a secret: an id, a space, 32 bytes in base 64. Lines that start with `#` are for people. What is derived from
//! the secrets is the business of [`crate::seal`].

use data_encoding::{BASE64, HEXLOWER};
use domain::Entropy;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// One secret of the file. `Debug` prints its id.
pub struct Secret {
    /// Stored beside everything made under it, so that secrets can be rolled.
    pub id: String,
    /// 256 random bits.
    pub bytes: Zeroizing<[u8; 32]>,
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Secret").field(&self.id).finish()
    }
}

/// Why the master key file cannot be used. Each sentence says what to do.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// A database that has been used, and no file.
    #[error(
        "the database has been used with a master key, but {path} does not exist. Restore the file from your backup, or point LATCHKEY_MASTER_KEY_FILE at it. A new one would make every stored key unreadable, so none is made"
    )]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A file that does not belong to this database.
    #[error(
        "{path} is not the master key of this database. Point LATCHKEY_MASTER_KEY_FILE at the file it was first used with"
    )]
    Wrong {
        /// The file.
        path: PathBuf,
    },
    /// Others can read it.
    #[error("{path} can be read by others than its owner (mode {mode:04o}). Run: chmod 600 {path}")]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It does not hold what it should.
    #[error("{path}, line {line}: expected a master key id and 32 bytes in base 64, separated by a space")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Counted from 1; 0 when the file holds no key at all.
        line: usize,
    },
    /// The file system said no.
    #[error("cannot {doing} {path}")]
    Io {
        /// `read` or `write`.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
}

/// Reads the file. The first secret is the current one.
pub fn read(path: &Path) -> Result<Vec<Secret>, MasterKeyError> {
    let io = |source: io::Error| {
        if source.kind() == io::ErrorKind::NotFound {
            MasterKeyError::Missing { path: path.to_owned() }
        } else {
            MasterKeyError::Io { doing: "read", path: path.to_owned(), source }
        }
    };
    refuse_exposed(path, &fs::metadata(path).map_err(io)?)?;
    let text = Zeroizing::new(fs::read_to_string(path).map_err(io)?);
    let mut secrets = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line_number = index + 1;
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let malformed = || MasterKeyError::Malformed { path: path.to_owned(), line: line_number };
        let (id, secret) = line.trim().split_once(' ').ok_or_else(malformed)?;
        let secret = Zeroizing::new(BASE64.decode(secret.as_bytes()).map_err(|_| malformed())?);
        let bytes = Zeroizing::new(<[u8; 32]>::try_from(secret.as_slice()).map_err(|_| malformed())?);
        secrets.push(Secret { id: id.to_owned(), bytes });
    }
    if secrets.is_empty() {
        return Err(MasterKeyError::Malformed { path: path.to_owned(), line: 0 });
    }
    Ok(secrets)
}

#[cfg(unix)]
fn refuse_exposed(path: &Path, metadata: &fs::Metadata) -> Result<(), MasterKeyError> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & 0o077 == 0 { Ok(()) } else { Err(MasterKeyError::Exposed { path: path.to_owned(), mode }) }
}

#[cfg(not(unix))]
fn refuse_exposed(_: &Path, _: &fs::Metadata) -> Result<(), MasterKeyError> {
    Ok(())
}

/// Writes a new file whole or not at all: a crash leaves no half key behind, and a file that is there is never replaced.
pub fn create(path: &Path, entropy: &dyn Entropy) -> Result<(), MasterKeyError> {
    let io = |source| MasterKeyError::Io { doing: "write", path: path.to_owned(), source };
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(directory).map_err(io)?;

    let mut secret = Zeroizing::new([0_u8; 32]);
    entropy.fill(secret.as_mut());
    let mut label = [0_u8; 4];
    entropy.fill(&mut label);
    let encoded = Zeroizing::new(BASE64.encode(secret.as_ref()));
    let id = HEXLOWER.encode(&label);

    let draft = path.with_extension(format!("{DRAFT}{}", std::process::id()));
    let _ = fs::remove_file(&draft);
    let mut file = private_file(&draft).map_err(io)?;
    let written = writeln!(
        file,
        "# The master key of a Latchkey installation. Without it no stored private key can be read or recognised.\n\
         # Back it up, apart from the database. Never share it.\nmk_{id} {}",
        encoded.as_str()
    )
    .and_then(|()| file.sync_all())
    // A link fails where a rename would replace: of two processes starting at once, one key wins.
    .and_then(|()| fs::hard_link(&draft, path));
    let _ = fs::remove_file(&draft);
    match written {
        // Another process may have been faster, and have cleared our draft away.
        Err(error) if !path.exists() => Err(io(error)),
        _ => File::open(directory).and_then(|directory| directory.sync_all()).map_err(io),
    }
}

/// What a draft's name ends with, before the number of the process that made it.
const DRAFT: &str = "new-";

/// Removes the drafts that killed processes have left beside a key file that is there and whole. Some are second names
/// of the key, which a backup would carry along.
///
/// A process that is making a key at this moment loses its draft, and finds the file that is there.
pub fn clear_drafts(path: &Path) -> Result<(), MasterKeyError> {
    let io = |source| MasterKeyError::Io { doing: "clear drafts away beside", path: path.to_owned(), source };
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let start = path.with_extension(DRAFT);
    let start = start.file_name().unwrap_or_default().to_string_lossy();
    for entry in fs::read_dir(directory).map_err(io)? {
        let entry = entry.map_err(io)?;
        let name = entry.file_name();
        let process = name.to_str().and_then(|name| name.strip_prefix(&*start)).unwrap_or_default();
        if !process.is_empty() && process.bytes().all(|byte| byte.is_ascii_digit()) {
            match fs::remove_file(entry.path()) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(io(error)),
                _ => {}
            }
        }
    }
    Ok(())
}

fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OsEntropy;

    #[cfg(unix)]
    #[test]
    fn a_new_file_is_private_and_an_exposed_one_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("deep/master.key");
        create(&path, &OsEntropy).expect("writes");
        let mode = fs::metadata(&path).expect("exists").permissions().mode() & 0o777;
        assert_eq!(mode, 0o600);
        read(&path).expect("loads");

        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("changes");
        let refused = read(&path).expect_err("is refused");
        assert!(refused.to_string().contains("chmod 600"), "{refused}");
    }

    #[test]
    fn a_file_that_is_there_is_never_replaced() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("master.key");
        create(&path, &OsEntropy).expect("writes");
        let before = fs::read(&path).expect("reads");
        create(&path, &OsEntropy).expect("leaves it");
        assert_eq!(fs::read(&path).expect("reads"), before);
        assert_eq!(fs::read_dir(directory.path()).expect("lists").count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_malformed_file_is_refused_with_its_line() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("master.key");
        for (text, line) in [("# nothing\n", "line 0"), ("# one\nmk_1 short\n", "line 2"), ("mk_1\n", "line 1")] {
            let _ = fs::remove_file(&path);
            private_file(&path).and_then(|mut file| file.write_all(text.as_bytes())).expect("writes");
            let refused = read(&path).expect_err("is refused").to_string();
            assert!(refused.contains(line), "{refused}");
        }
    }
}
