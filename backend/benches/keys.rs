//! What one key costs, without a database and without a network: reading it, making its digest, sealing and opening it.
//!
//! Run by `cargo xtask bench`. "noise" beside "key" shows what the checksum saves: noise is refused before any digest.

use backend::OsEntropy;
use backend::seal::Sealer;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use domain::{AccountId, Brand, PairId, PrivateKey, Timestamp, key_format};
use std::hint::black_box;

fn reading(criterion: &mut Criterion) {
    let brand = Brand::none();
    let key = PrivateKey::mint(&brand, &OsEntropy);
    let noise = format!("private_{}", "A".repeat(36));
    let mut group = criterion.benchmark_group("reading");
    group.bench_function("a key", |bench| bench.iter(|| key_format::recognise(&brand, black_box(key.expose()))));
    group.bench_function("noise", |bench| bench.iter(|| key_format::recognise(&brand, black_box(&noise))));
    group.bench_function("a key in a query string", |bench| {
        let query = format!("page=2&sort=created&key={}", key.expose());
        bench.iter(|| key_format::contains_private_key(&brand, black_box(&query)));
    });
    group.finish();
}

fn sealing(criterion: &mut Criterion) {
    let brand = Brand::none();
    let sealer = Sealer::ephemeral(&OsEntropy).expect("a master key is derived");
    let now = Timestamp::from_millis(1);
    let (account, pair) = (AccountId::mint(now, &OsEntropy), PairId::mint(now, &OsEntropy));
    let key = PrivateKey::mint(&brand, &OsEntropy);
    let sealed = sealer.seal(&key, &account, &pair, &OsEntropy).expect("a key is sealed");
    let mut group = criterion.benchmark_group("sealing");
    group.bench_function("digest", |bench| bench.iter(|| sealer.digest(black_box(&key))));
    group.bench_function("seal", |bench| bench.iter(|| sealer.seal(black_box(&key), &account, &pair, &OsEntropy)));
    group.bench_function("open", |bench| bench.iter(|| sealer.open(black_box(&sealed), &account, &pair, &brand)));
    group.bench_function("mint", |bench| {
        bench.iter_batched(|| (), |()| PrivateKey::mint(&brand, &OsEntropy), BatchSize::SmallInput);
    });
    group.finish();
}

criterion_group!(benches, reading, sealing);
criterion_main!(benches);
