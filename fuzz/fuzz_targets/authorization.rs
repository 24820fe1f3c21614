#![no_main]

#[path = "../../server/src/api/credentials.rs"]
mod credentials;
#[path = "../oracles/authorization.rs"]
mod oracle;

/// Stands in for the server's, so that the whole server need not be built to fuzz one function of it.
mod problem {
    #[derive(Debug)]
    pub enum Problem {
        KeyMissing,
        KeyUnknown,
        HeaderRepeated,
    }
}

libfuzzer_sys::fuzz_target!(|input: &[u8]| oracle::holds(input, |headers| credentials::presented_key(headers).ok()));
