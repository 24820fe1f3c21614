//! The only place that touches key material at rest.
//!
//! A private key is stored twice: as an HMAC-SHA-256 digest, to find it by, and as XChaCha20-Poly1305 ciphertext, to
//! reveal it. Both are made under keys derived (HKDF, RFC 5869) from a master key that lives in a file outside the
//! database, and both carry that master key's id, so that master keys can be rolled. The ciphertext is bound to its row
//! by its associated data: moved to another row, it does not open.

use crate::master_key::Secret;
use crate::store::{Installation, KeyDigest, SealedKey};
use crate::verification::HalfDigest;
use crate::{Error, Fault, Result};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use domain::{AccountId, Brand, Entropy, InstallationKey, PairId, PrivateKey};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

const NONCE_LEN: usize = 24;

/// One master key and the keys derived from it.
struct MasterKey {
    id: String,
    /// Keyed once: keying it for every request would cost as much again as the digest does.
    digest_mac: Hmac<Sha256>,
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
        let digest_key = expand(b"latchkey/v1/digest")?;
        let keyed = <Hmac<Sha256> as KeyInit>::new_from_slice(digest_key.as_ref());
        Ok(Self {
            digest_mac: keyed.map_err(|_| Fault::new("keying a digest"))?,
            seal_key: expand(b"latchkey/v1/seal")?,
            check: *expand(b"latchkey/v1/check")?,
            id,
        })
    }

    /// Private keys and installation keys have different prefixes, so that one's digest is never the other's.
    fn digest(&self, key: &str) -> KeyDigest {
        KeyDigest { master_key_id: self.id.clone(), bytes: self.digest_bytes(key) }
    }

    fn digest_bytes(&self, key: &str) -> [u8; 32] {
        self.digest_mac.clone().chain_update(key.as_bytes()).finalize().into_bytes().into()
    }
}

impl Sealer {
    /// A sealer for the secrets of a master key file. The first is the current one, the others only read.
    pub fn new(secrets: &[Secret]) -> Result<Self> {
        let derive = |secret: &Secret| MasterKey::derive(secret.id.clone(), &secret.bytes);
        Ok(Self { keys: secrets.iter().map(derive).collect::<Result<_>>()? })
    }

    /// What a new installation writes down about the current master key.
    pub fn describe(&self) -> Result<(String, [u8; 32])> {
        self.current().map(|key| (key.id.clone(), key.check))
    }

    /// Whether one of these master keys is the one the installation was first used with.
    pub fn belongs_to(&self, installation: &Installation) -> bool {
        let is_it = |key: &MasterKey| {
            key.id == installation.master_key_id && bool::from(key.check.ct_eq(&installation.master_key_check))
        };
        self.keys.iter().any(is_it)
    }

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
        Ok(self.current()?.digest(key.expose()))
    }

    /// The digests a presented key may be stored under: one for each master key.
    pub fn digests(&self, key: &PrivateKey) -> Result<Vec<KeyDigest>> {
        Ok(self.keys.iter().map(|master| master.digest(key.expose())).collect())
    }

    /// What the verification index knows a presented key by, if it was stored under the current master key.
    pub(crate) fn newest_half_digest(&self, key: &PrivateKey) -> Option<HalfDigest> {
        self.keys.first().map(|master| HalfDigest::from(&master.digest_bytes(key.expose())))
    }

    /// The same for the other master keys.
    pub(crate) fn older_half_digests<'a>(&'a self, key: &'a PrivateKey) -> impl Iterator<Item = HalfDigest> + 'a {
        self.keys.iter().skip(1).map(|master| HalfDigest::from(&master.digest_bytes(key.expose())))
    }

    /// The digest to store of a new installation key. Nothing else of it is stored.
    pub fn digest_installation_key(&self, key: &InstallationKey) -> Result<KeyDigest> {
        Ok(self.current()?.digest(key.expose()))
    }

    /// The digests a presented installation key may be stored under: one for each master key.
    pub fn digests_installation_key(&self, key: &InstallationKey) -> Result<Vec<KeyDigest>> {
        Ok(self.keys.iter().map(|master| master.digest(key.expose())).collect())
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

    /// The whole text is digested, its first word too: a row of one table, moved to the other, is found by nobody's key.
    #[test]
    fn the_digest_of_an_installation_key_is_never_that_of_a_private_key() {
        let (sealer, brand) = (sealer(), Brand::none());
        let private = PrivateKey::mint(&brand, &OsEntropy);
        let swapped = private.expose().replace(&brand.private_prefix(), &brand.installation_prefix());
        let installation =
            InstallationKey::parse(&brand, &swapped).expect("the checksum is of what is behind the word");
        assert_ne!(
            sealer.digest(&private).expect("digests").bytes,
            sealer.digest_installation_key(&installation).expect("digests").bytes
        );
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
}
