//! The program `latchkey`. Everything it does lives in the library beside it, where tests reach it.

use std::process::ExitCode;

fn main() -> ExitCode {
    server::cli::main()
}
