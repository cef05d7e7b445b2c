//! The function `http-origin`: everything is in [`pixfront::lambda`].

use std::process::ExitCode;

fn main() -> ExitCode {
    pixfront::lambda::http_origin()
}
