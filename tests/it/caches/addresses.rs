//! What `--cache` takes, and what it says of the rest.

use crate::world::program;

#[test]
fn what_is_no_cache_is_named_without_its_password() {
    for (value, words) in [
        ("disk", "--cache disk: "),
        ("redis://:hush-hush@localhost/one", "--cache redis://localhost/one: "),
        ("redis://:hush#hush@localhost", "--cache redis://…: "),
        ("http://:hush-hush@localhost", "--cache http://localhost: "),
        ("redis://:hush-hush@", "--cache redis://: "),
        ("", "--cache : "),
    ] {
        for is_in_environment in [false, true] {
            let mut command = program(["serve", "--port", "0", "--store", "memory"]);
            if is_in_environment {
                command.env("PIXFRONT_CACHE", value);
            } else {
                command.args(["--cache", value]);
            }
            let output = command.output().unwrap();
            let said = String::from_utf8(output.stderr).unwrap();
            // clap takes a variable that is set to nothing for one that is not set.
            assert_eq!(output.status.code(), Some(10), "{value}: {said}");
            assert!(
                said.contains(words) && said.contains("redis://[user:password@]host[:port][/db]"),
                "{value}: {said}"
            );
            assert!(!said.contains("hush"), "{value}: {said}");
            assert_eq!(said.lines().count(), 1, "{said}");
        }
    }
}
