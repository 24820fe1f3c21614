//! What fuzzing found worth keeping, played again.

#[path = "../../fuzz/oracles/replay.rs"]
mod replay;
#[path = "../../fuzz/oracles/session.rs"]
mod session;

use backend::Token;

#[test]
fn the_corpus_of_sessions_holds() {
    replay::corpus(concat!(env!("CARGO_MANIFEST_DIR"), "/.."), "session", session::holds);
}
