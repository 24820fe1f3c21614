#![no_main]

#[path = "../oracles/expiry.rs"]
mod oracle;

libfuzzer_sys::fuzz_target!(|input: &[u8]| oracle::holds(input));
