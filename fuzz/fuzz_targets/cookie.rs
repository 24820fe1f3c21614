#![no_main]

#[path = "../../app/src/server_context/cookie_header.rs"]
mod cookie_header;
#[path = "../oracles/cookie.rs"]
mod oracle;

libfuzzer_sys::fuzz_target!(|input: &[u8]| oracle::holds(input, cookie_header::find_cookie));
