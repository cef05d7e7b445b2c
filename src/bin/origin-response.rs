//! The function `origin-response`: everything is in [`pixfront::lambda`].

use std::process::ExitCode;

fn main() -> ExitCode {
    pixfront::lambda::origin_response()
}
