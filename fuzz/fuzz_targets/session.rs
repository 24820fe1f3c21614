#![no_main]

#[path = "../oracles/session.rs"]
mod oracle;
#[path = "../../backend/src/token.rs"]
#[expect(dead_code, reason = "only reading is fuzzed")]
mod token;

use token::Token;

libfuzzer_sys::fuzz_target!(|input: &[u8]| oracle::holds(input));
