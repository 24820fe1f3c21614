#![no_main]

#[path = "../oracles/key_format.rs"]
mod oracle;

libfuzzer_sys::fuzz_target!(|input: &[u8]| oracle::holds(input));
