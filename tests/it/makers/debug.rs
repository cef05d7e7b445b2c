//! Who knows the debug secret is told the door, and nobody else, whoever asks at the same time.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]

use futures_util::future::join;

use super::rendered_by;
use super::stand_in::StandIn;
use crate::world::{Answer, Server};

const SECRET: &str = "a-secret-that-nobody-would-guess-1";
const HELD: &str = "/held.jpg?w=60";

async fn ask(server: &Server, secret: &str) -> Answer {
    server.get_with("GET", HELD, &[("x-pixfront-debug", secret)]).await
}

/// The door, and where the answer came from.
fn told(answer: &Answer) -> (u16, &str, &str) {
    (answer.status, answer.header("x-pixfront-door"), answer.header("x-cache"))
}

#[tokio::test]
async fn an_answer_to_who_knows_the_secret_is_shared_with_nobody() {
    let lambda = StandIn::start().await;
    let server = rendered_by(&lambda, |command| _ = command.env("PIXFRONT_DEBUG_SECRET", SECRET));
    let (doctors, ()) = join(ask(&server, SECRET), async {
        lambda.is_asked().await;
        assert_eq!(told(&server.get(HELD).await), (200, "", "Miss"), "a viewer, at the same time");
        lambda.let_go();
    })
    .await;
    assert_eq!(told(&doctors), (200, "regional", "Miss"));
    assert_eq!(told(&server.get(HELD).await), (200, "", "Hit"), "the viewer's is kept");
    assert_eq!(told(&ask(&server, SECRET).await), (200, "regional", "Miss"), "and does not answer the doctor");
    assert_eq!(lambda.events().len(), 3);
    assert_eq!(told(&ask(&server, "another-secret-that-nobody-knows-1").await), (200, "", "Hit"));
    assert_eq!(told(&server.get(HELD).await), (200, "", "Hit"));
    let secrets: Vec<_> =
        lambda.events().iter().map(|event| event["headers"].get("x-pixfront-debug").is_some()).collect();
    assert_eq!(secrets, [true, false, true]);
}
