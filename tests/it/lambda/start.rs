//! What is wrong from the start is said at the start.

use super::{Function, HTTP_ORIGIN, ORIGIN_RESPONSE, UPLOAD_TRIGGER};

/// A program with these variables, or without those that are empty, ends before its first event and says these words.
async fn ends(program: &str, variables: &[(&str, &str)], words: &[&str]) {
    let function = Function::with(program, |command| {
        for (name, value) in variables {
            if value.is_empty() {
                command.env_remove(name)
            } else {
                command.env(name, value)
            };
        }
    })
    .await;
    let polls = function.polls();
    let (status, log) = function.end().await;
    assert_eq!(status.code(), Some(10), "{program} {variables:?}: {log:?}");
    assert_eq!(*polls.borrow(), 0, "it asked for an event");
    assert_eq!(log.len(), 1, "{log:?}");
    let line: serde_json::Value = serde_json::from_str(&log[0]).unwrap();
    assert_eq!(line["level"], "ERROR");
    let error = line["fields"]["error"].as_str().unwrap();
    assert!(words.iter().all(|word| error.contains(word)), "{error}");
}

#[tokio::test]
async fn a_setting_that_cannot_be_is_named() {
    for program in [ORIGIN_RESPONSE, UPLOAD_TRIGGER, HTTP_ORIGIN] {
        ends(program, &[("PIXFRONT_RENDERS", "0")], &["PIXFRONT_RENDERS=0"]).await;
        ends(program, &[("PIXFRONT_PERSIST", "later")], &["PIXFRONT_PERSIST=later", "before or after"]).await;
    }
}

#[tokio::test]
async fn one_bucket_for_both_is_refused() {
    let one = [("PIXFRONT_ORIGINALS_BUCKET", "pictures"), ("PIXFRONT_VARIANTS_BUCKET", "pictures")];
    let default = [("PIXFRONT_VARIANTS_BUCKET", "originals")];
    for program in [ORIGIN_RESPONSE, UPLOAD_TRIGGER, HTTP_ORIGIN] {
        ends(program, &one, &["PIXFRONT_VARIANTS_BUCKET=pictures", "PIXFRONT_ORIGINALS_BUCKET"]).await;
        ends(program, &default, &["PIXFRONT_VARIANTS_BUCKET=originals"]).await;
    }
}

#[tokio::test]
async fn a_place_to_keep_things_is_needed() {
    for program in [UPLOAD_TRIGGER, HTTP_ORIGIN] {
        ends(program, &[("PIXFRONT_DATA", "")], &["PIXFRONT_"]).await;
    }
}

#[tokio::test]
async fn without_lambda_there_is_no_function() {
    let variables = [
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_VERSION",
    ];
    for variable in variables {
        ends(ORIGIN_RESPONSE, &[(variable, "")], &[variable, "started by Lambda"]).await;
    }
}
