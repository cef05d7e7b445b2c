//! The command line: everything is in [`pixfront::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    pixfront::cli::main()
}
