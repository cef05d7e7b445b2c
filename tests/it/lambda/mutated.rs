//! A thousand events that nobody sends, one after the other to one process: it answers each, and lives.

use serde_json::{Value, json};

use super::{Answer, Function, HTTP_ORIGIN, ORIGIN_RESPONSE, UPLOAD_TRIGGER, torn};
use crate::pictures;
use crate::triggers::{Dice, event, garbage, mutated};

const ROUNDS: usize = 1_000;

/// Feeds a program; `check` looks at its answers.
async fn feed(program: &str, seed: u64, events: &[Value], check: impl Fn(&Value)) {
    let mut function = Function::start(program).await;
    function.put("photos/cat.jpg", pictures::jpeg(12, 8)).await;
    function.put("one.jpg", pictures::jpeg(12, 8)).await;
    function.put("two.jpg", torn()).await;
    let mut dice = Dice(seed);
    let (mut answered, mut refused) = (0, 0);
    for round in 0..ROUNDS {
        let event = mutated(&events[round % events.len()], &mut dice);
        match function.invoke(&event).await {
            Answer::Response(response) => {
                check(&response);
                answered += 1;
            }
            Answer::Stream(..) => panic!("nobody streams unless told to"),
            Answer::Error(error) => {
                assert_eq!(error["errorType"], "invalid", "{event}: {error}");
                refused += 1;
            }
        }
    }
    for event in garbage() {
        function.invoke(&event).await;
    }
    function.idle().await;
    assert!(answered > ROUNDS / 4 && refused > ROUNDS / 20, "the dice are loaded: {answered}, {refused} refused");
    let panics = function.log().await.into_iter().filter(|line| line["fields"]["message"] == "panic");
    assert_eq!(panics.collect::<Vec<_>>(), [Value::Null; 0]);
}

#[tokio::test]
async fn origin_response_lives() {
    let mut events = ["origin-response-403", "origin-response-404-custom", "origin-response-200"].map(event);
    let headers = events[0].pointer_mut("/Records/0/cf/request/origin/s3/customHeaders").unwrap();
    for (name, value) in
        [("x-pixfront-renders", "2"), ("x-pixfront-output-side", "900"), ("x-pixfront-formats", "webp")]
    {
        headers[name] = json!([{ "key": name, "value": value }]);
    }
    feed(ORIGIN_RESPONSE, 2_026, &events, |_| ()).await;
}

#[tokio::test]
async fn http_origin_lives() {
    let mut other = event("function-url-get");
    other["rawPath"] = "/photos/cat.jpg".into();
    other["rawQueryString"] = "w=6&f=auto&q=30&bg=ff0000&fit=cover&h=3".into();
    feed(HTTP_ORIGIN, 1_121, &[event("function-url-get"), other], |response| {
        assert!(response["statusCode"].as_u64().is_some_and(|status| (200..600).contains(&status)), "{response}");
    })
    .await;
}

#[tokio::test]
async fn upload_trigger_lives() {
    let mut enveloped = event("sqs-wrapped");
    let envelope = json!({ "Type": "Notification", "Message": event("s3-several").to_string() });
    enveloped["Records"][0]["body"] = envelope.to_string().into();
    let recorded = ["s3-put", "s3-several", "s3-removed", "s3-test-event", "eventbridge-created", "sqs-wrapped"];
    let events: Vec<_> = recorded.into_iter().map(event).chain([enveloped]).collect();
    feed(UPLOAD_TRIGGER, 77, &events, |reply| {
        assert_eq!(*reply, json!({ "batchItemFailures": [] }), "nothing was wrong with the stores");
    })
    .await;
}
