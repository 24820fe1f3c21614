//! What fuzzing found worth keeping, played again.

#[path = "../../fuzz/oracles/expiry.rs"]
mod expiry;
#[path = "../../fuzz/oracles/key_format.rs"]
mod key_format;
#[path = "../../fuzz/oracles/replay.rs"]
mod replay;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

#[test]
fn the_corpus_of_expiries_holds() {
    replay::corpus(ROOT, "expiry", expiry::holds);
}

#[test]
fn the_corpus_of_keys_holds() {
    replay::corpus(ROOT, "key_format", key_format::holds);
}
