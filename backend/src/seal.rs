//! The only place that touches key material at rest.
//!
//! A private key is stored twice: as an HMAC-SHA-256 digest, to find it by, and as XChaCha20-Poly1305 ciphertext, to
//! reveal it. Both are made under keys derived (HKDF, RFC 5869) from a master key that lives in a file outside the
//! database, and both carry that master key's id, so that master keys can be rolled. The ciphertext is bound to its row
//! by its associated data: moved to another row, it does not open.

use crate::store::{Conflict, Installation, KeyDigest, SealedKey, Store, StoreError};
use crate::{Clock, Error, Fault, Result};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use data_encoding::{BASE64, HEXLOWER};
use domain::{AccountId, Brand, Entropy, PairId, PrivateKey};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

const NONCE_LEN: usize = 24;

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

/// One master key and the keys derived from it.
struct MasterKey {
    id: String,
    digest_key: Zeroizing<[u8; 32]>,
    seal_key: Zeroizing<[u8; 32]>,
    check: [u8; 32],
}

/// Makes and checks digests, seals and opens private keys.
pub struct Sealer {
    /// The first is the current one; the others only read.
    keys: Vec<MasterKey>,
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|key| &key.id)).finish()
    }
}

impl MasterKey {
    fn derive(id: String, secret: &[u8; 32]) -> Result<Self> {
        let hkdf = Hkdf::<Sha256>::new(None, secret);
        let expand = |purpose: &[u8]| -> Result<Zeroizing<[u8; 32]>> {
            let mut key = Zeroizing::new([0_u8; 32]);
            hkdf.expand(purpose, key.as_mut()).map_err(|_| Fault::new("deriving a key"))?;
            Ok(key)
        };
        Ok(Self {
            digest_key: expand(b"latchkey/v1/digest")?,
            seal_key: expand(b"latchkey/v1/seal")?,
            check: *expand(b"latchkey/v1/check")?,
            id,
        })
    }

    fn digest(&self, key: &PrivateKey) -> Result<KeyDigest> {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(self.digest_key.as_ref())
            .map_err(|_| Fault::new("keying a digest"))?;
        mac.update(key.expose().as_bytes());
        Ok(KeyDigest { master_key_id: self.id.clone(), bytes: mac.finalize().into_bytes().into() })
    }
}

impl Sealer {
    /// A sealer with one fresh master key that is kept nowhere, for tests.
    pub fn ephemeral(entropy: &dyn Entropy) -> Result<Self> {
        let mut secret = Zeroizing::new([0_u8; 32]);
        entropy.fill(secret.as_mut());
        Ok(Self { keys: vec![MasterKey::derive("mk_ephemeral".to_owned(), &secret)?] })
    }

    fn current(&self) -> Result<&MasterKey> {
        self.keys.first().ok_or_else(|| Fault::new("choosing a master key").into())
    }

    /// The digest to store with a new pair.
    pub fn digest(&self, key: &PrivateKey) -> Result<KeyDigest> {
        self.current()?.digest(key)
    }

    /// The digests a presented key may be stored under: one for each master key.
    pub fn digests(&self, key: &PrivateKey) -> Result<Vec<KeyDigest>> {
        self.keys.iter().map(|master| master.digest(key)).collect()
    }

    /// Seals a private key for the row of one pair of one account.
    pub fn seal(
        &self,
        key: &PrivateKey,
        account: &AccountId,
        pair: &PairId,
        entropy: &dyn Entropy,
    ) -> Result<SealedKey> {
        let master = self.current()?;
        let mut nonce = [0_u8; NONCE_LEN];
        entropy.fill(&mut nonce);
        let aad = associated_data(&master.id, account, pair);
        let ciphertext = XChaCha20Poly1305::new(&(*master.seal_key).into())
            .encrypt(&XNonce::from(nonce), Payload { msg: key.expose().as_bytes(), aad: &aad })
            .map_err(|_| Fault::new("sealing a private key"))?;
        Ok(SealedKey { master_key_id: master.id.clone(), bytes: [nonce.as_slice(), &ciphertext].concat() })
    }

    /// Opens what was sealed for this very row. Anything else is a fault with one text, whatever was wrong with it.
    pub fn open(&self, sealed: &SealedKey, account: &AccountId, pair: &PairId, brand: &Brand) -> Result<PrivateKey> {
        let fault = || Error::from(Fault::new("opening a sealed private key"));
        let master = self.keys.iter().find(|key| key.id == sealed.master_key_id).ok_or_else(fault)?;
        let (nonce, ciphertext) = sealed.bytes.split_at_checked(NONCE_LEN).ok_or_else(fault)?;
        let nonce: [u8; NONCE_LEN] = nonce.try_into().map_err(|_| fault())?;
        let aad = associated_data(&master.id, account, pair);
        let opened = XChaCha20Poly1305::new(&(*master.seal_key).into())
            .decrypt(&XNonce::from(nonce), Payload { msg: ciphertext, aad: &aad })
            .map_err(|_| fault())?;
        let opened = Zeroizing::new(opened);
        let text = std::str::from_utf8(&opened).map_err(|_| fault())?;
        PrivateKey::parse(brand, text).ok_or_else(fault)
    }
}

/// Each part with its length in front, so that no two different lists of parts give the same bytes.
fn associated_data(master_key_id: &str, account: &AccountId, pair: &PairId) -> Vec<u8> {
    let mut data = Vec::new();
    for part in ["latchkey/v1", "key_pair.sealed_private_key", master_key_id, account.as_str(), pair.as_str()] {
        data.extend_from_slice(&(part.len() as u64).to_be_bytes());
        data.extend_from_slice(part.as_bytes());
    }
    data
}

/// Opens the master key file that belongs to this database; makes both on first use.
///
/// A database that has been used is never given a new key: its file is there and right, or this fails and nothing is
/// written.
pub async fn open_installation(
    store: &dyn Store,
    clock: &dyn Clock,
    entropy: &dyn Entropy,
    path: &Path,
) -> std::result::Result<Sealer, OpenError> {
    let installation = store.find_installation().await?;
    if installation.is_none() && !path.exists() {
        create_file(path, entropy)?;
    }
    let sealer = load_file(path)?;
    let installation = match installation {
        Some(installation) => installation,
        None => claim(store, clock, &sealer).await?,
    };
    let belongs = sealer
        .keys
        .iter()
        .any(|key| key.id == installation.master_key_id && bool::from(key.check.ct_eq(&installation.master_key_check)));
    if belongs { Ok(sealer) } else { Err(MasterKeyError::Wrong { path: path.to_owned() }.into()) }
}

/// Why an installation cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The master key file.
    #[error(transparent)]
    MasterKey(#[from] MasterKeyError),
    /// The database.
    #[error("the database does not answer")]
    Store(#[from] StoreError),
    /// A key could not be derived.
    #[error("the master key cannot be used")]
    Fault(#[from] Error),
}

async fn claim(store: &dyn Store, clock: &dyn Clock, sealer: &Sealer) -> std::result::Result<Installation, OpenError> {
    let current = sealer.current()?;
    let installation =
        Installation { created_at: clock.now(), master_key_id: current.id.clone(), master_key_check: current.check };
    let mut tx = store.begin_write().await?;
    match tx.insert_installation(&installation).await {
        Ok(()) => {
            tx.commit().await?;
            Ok(installation)
        }
        // Another process was faster; whether the file is the right one is then decided by its row.
        Err(StoreError::Conflict(Conflict::InstallationExists)) => {
            drop(tx);
            store.find_installation().await?.ok_or_else(|| Error::from(Fault::new("reading the installation")).into())
        }
        Err(error) => Err(error.into()),
    }
}

fn load_file(path: &Path) -> std::result::Result<Sealer, OpenError> {
    let io = |source: io::Error| {
        if source.kind() == io::ErrorKind::NotFound {
            MasterKeyError::Missing { path: path.to_owned() }
        } else {
            MasterKeyError::Io { doing: "read", path: path.to_owned(), source }
        }
    };
    refuse_exposed(path, &fs::metadata(path).map_err(io)?)?;
    let text = Zeroizing::new(fs::read_to_string(path).map_err(io)?);
    let mut keys = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line_number = index + 1;
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let malformed = || MasterKeyError::Malformed { path: path.to_owned(), line: line_number };
        let (id, secret) = line.trim().split_once(' ').ok_or_else(malformed)?;
        let secret = Zeroizing::new(BASE64.decode(secret.as_bytes()).map_err(|_| malformed())?);
        let secret = Zeroizing::new(<[u8; 32]>::try_from(secret.as_slice()).map_err(|_| malformed())?);
        keys.push(MasterKey::derive(id.to_owned(), &secret)?);
    }
    if keys.is_empty() {
        return Err(MasterKeyError::Malformed { path: path.to_owned(), line: 0 }.into());
    }
    Ok(Sealer { keys })
}

#[cfg(unix)]
fn refuse_exposed(path: &Path, metadata: &fs::Metadata) -> std::result::Result<(), MasterKeyError> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & 0o077 == 0 { Ok(()) } else { Err(MasterKeyError::Exposed { path: path.to_owned(), mode }) }
}

#[cfg(not(unix))]
fn refuse_exposed(_: &Path, _: &fs::Metadata) -> std::result::Result<(), MasterKeyError> {
    Ok(())
}

/// Writes a new file whole or not at all: a crash leaves no half key behind, and a file that is there is never replaced.
fn create_file(path: &Path, entropy: &dyn Entropy) -> std::result::Result<(), MasterKeyError> {
    let io = |source| MasterKeyError::Io { doing: "write", path: path.to_owned(), source };
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(directory).map_err(io)?;

    let mut secret = Zeroizing::new([0_u8; 32]);
    entropy.fill(secret.as_mut());
    let mut label = [0_u8; 4];
    entropy.fill(&mut label);
    let encoded = Zeroizing::new(BASE64.encode(secret.as_ref()));
    let id = HEXLOWER.encode(&label);

    let draft = path.with_extension(format!("new-{}", std::process::id()));
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
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(io(error)),
        _ => File::open(directory).and_then(|directory| directory.sync_all()).map_err(io),
    }
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
    use domain::Timestamp;

    fn ids() -> (AccountId, PairId) {
        let now = Timestamp::from_millis(1);
        (AccountId::mint(now, &OsEntropy), PairId::mint(now, &OsEntropy))
    }

    fn sealer() -> Sealer {
        Sealer::ephemeral(&OsEntropy).expect("derives")
    }

    #[test]
    fn a_sealed_key_opens_in_its_own_row_only() {
        let (sealer, brand) = (sealer(), Brand::none());
        let (account, pair) = ids();
        let (other_account, other_pair) = ids();
        let key = PrivateKey::mint(&brand, &OsEntropy);
        let sealed = sealer.seal(&key, &account, &pair, &OsEntropy).expect("seals");

        let opened = sealer.open(&sealed, &account, &pair, &brand).expect("opens");
        assert_eq!(opened.expose(), key.expose());
        assert!(sealer.open(&sealed, &other_account, &pair, &brand).is_err());
        assert!(sealer.open(&sealed, &account, &other_pair, &brand).is_err());
    }

    #[test]
    fn no_flipped_bit_and_no_truncation_opens_or_panics() {
        let (sealer, brand) = (sealer(), Brand::none());
        let (account, pair) = ids();
        let key = PrivateKey::mint(&brand, &OsEntropy);
        let sealed = sealer.seal(&key, &account, &pair, &OsEntropy).expect("seals");
        for place in 0..sealed.bytes.len() {
            let mut broken = sealed.clone();
            broken.bytes[place] ^= 1;
            assert!(sealer.open(&broken, &account, &pair, &brand).is_err(), "byte {place}");
            let cut = SealedKey { bytes: sealed.bytes[..place].to_vec(), ..sealed.clone() };
            assert!(sealer.open(&cut, &account, &pair, &brand).is_err(), "{place} bytes");
        }
        let other = SealedKey { master_key_id: "mk_other".to_owned(), ..sealed };
        assert!(sealer.open(&other, &account, &pair, &brand).is_err());
    }

    #[test]
    fn another_master_key_gives_another_digest() {
        let key = PrivateKey::mint(&Brand::none(), &OsEntropy);
        let sealer = sealer();
        assert_eq!(sealer.digest(&key).expect("digests"), sealer.digest(&key).expect("digests"));
        assert_ne!(
            sealer.digest(&key).expect("digests").bytes,
            super::tests::sealer().digest(&key).expect("digests").bytes
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_new_file_is_private_and_an_exposed_one_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("deep/master.key");
        create_file(&path, &OsEntropy).expect("writes");
        let mode = fs::metadata(&path).expect("exists").permissions().mode() & 0o777;
        assert_eq!(mode, 0o600);
        load_file(&path).expect("loads");

        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("changes");
        let refused = load_file(&path).expect_err("is refused");
        assert!(refused.to_string().contains("chmod 600"), "{refused}");
    }

    #[test]
    fn a_file_that_is_there_is_never_replaced() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("master.key");
        create_file(&path, &OsEntropy).expect("writes");
        let before = fs::read(&path).expect("reads");
        create_file(&path, &OsEntropy).expect("leaves it");
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
            let refused = load_file(&path).expect_err("is refused").to_string();
            assert!(refused.contains(line), "{refused}");
        }
    }
}
