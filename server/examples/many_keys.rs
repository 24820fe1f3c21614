//! Fills a database with accounts that have a working key each: `many_keys DATABASE COUNT`. For `cargo xtask bench --index`.
//!
//! Nobody has these keys: what stands for their digests is random. An account in ten has a second pair that is expiring.

use backend::store::{AccountRecord, KeyDigest, SealedKey, Store as _, WriteTx};
use backend::{Clock as _, OsEntropy, SystemClock};
use domain::key_pair::End;
use domain::{AccountId, Brand, Duration, Entropy as _, KeyPair, PairId, PublicKey, Timestamp};
use store_sqlite::SqliteStore;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

const AT_A_TIME: u32 = 50_000;

#[tokio::main]
async fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let database = arguments.next().ok_or("which database?")?;
    let count: u32 = arguments.next().ok_or("how many?")?.parse()?;
    let store = SqliteStore::open_existing(&database).await?;
    let mut made = 0;
    while made < count {
        let mut tx = store.begin_write().await?;
        for number in made..count.min(made + AT_A_TIME) {
            make(tx.as_mut(), number).await?;
        }
        tx.commit().await?;
        made = count.min(made + AT_A_TIME);
    }
    store.close().await;
    Ok(())
}

async fn make(tx: &mut dyn WriteTx, number: u32) -> Outcome<()> {
    let now = SystemClock.now();
    let account = AccountRecord {
        id: AccountId::mint(now, &OsEntropy),
        name: String::new(),
        external_id: Some(format!("cus_{number:014}")),
        created_at: now,
        disabled_at: None,
    };
    tx.insert_account(&account).await?;
    if number.is_multiple_of(10) {
        let expires_at = now.plus(Duration::days(7));
        insert(tx, &account.id, End::Scheduled { rolled_at: now, expires_at }, now).await?;
    }
    insert(tx, &account.id, End::None, now).await
}

async fn insert(tx: &mut dyn WriteTx, account: &AccountId, end: End, now: Timestamp) -> Outcome<()> {
    let public = PublicKey::mint(&Brand::none(), &OsEntropy);
    let mut pair = KeyPair::issue(PairId::mint(now, &OsEntropy), account.clone(), public, now);
    pair.end = end;
    let mut bytes = [0; 32];
    OsEntropy.fill(&mut bytes);
    let digest = KeyDigest { master_key_id: "mk_bench".to_owned(), bytes };
    let sealed = SealedKey { master_key_id: "mk_bench".to_owned(), bytes: vec![0; 80] };
    Ok(tx.insert_pair(&pair, &digest, &sealed).await?)
}
