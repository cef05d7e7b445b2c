//! The function `upload-trigger`: everything is in [`pixfront::lambda`].

use std::process::ExitCode;

fn main() -> ExitCode {
    pixfront::lambda::upload_trigger()
}
