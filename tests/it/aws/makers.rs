//! `pixfront serve --render lambda:…` before our real `http-origin` in the stand-in's Lambda, with a real Redis: a cache server as it
//! stands on EC2.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]

use super::notification::create_function;
use crate::caches::{PATIENCE_MS, RedisServer, lend};
use crate::pictures;
use crate::triggers::noise;
use crate::world::{Ministack, Server, look, rows, until};

#[tokio::test]
async fn a_function_makes_what_the_cache_server_gives_out() {
    let (ministack, redis) = (Ministack::start().await, RedisServer::start().await);
    create_function(&ministack, "http-origin", env!("CARGO_BIN_EXE_http-origin"));
    let server = Server::with(|command| {
        command.args(["--store", "aws", "--render", "lambda:http-origin"]);
        lend(command, &redis.url(), PATIENCE_MS);
        ministack.lend(command);
        let place = &ministack.config.originals;
        command.env("AWS_REGION", place.region.as_ref().unwrap());
        command.env("AWS_ENDPOINT_URL_LAMBDA", place.endpoint.as_ref().unwrap());
    });
    let stores = ministack.stores().await;
    let attributes = pixfront::store::Attributes::default;
    stores.originals.put("photos/a b+c.jpg", pictures::jpeg(120, 80).into(), attributes()).await.unwrap();

    let url = "/photos/a%20b+c.jpg?w=60&f=webp";
    let made = server.get(url).await;
    assert_eq!((made.status, made.header("x-cache")), (200, "Miss"), "{}: {:?}", made.text(), server.log());
    assert_eq!((look(&made.body), made.header("content-type")), (("webp", 60, 40), "image/webp"));
    assert_eq!(made.header("cache-control"), "public, max-age=86400, s-maxage=86400");
    let kept = server.get(url).await;
    assert_eq!((kept.status, kept.header("x-cache"), kept.body == made.body), (200, "Hit", true));
    assert_eq!(look(&server.get("/resized-photos/a%20b+c.jpg").await.body), ("jpeg", 60, 40), "thumbnails too");
    assert_eq!(server.health("renders").await, 0, "nothing was made here");
    // The function keeps it after its answer.
    let key = "photos/a b+c.jpg/w=60,f=webp";
    until(key, async || stores.variants.head(key).await.ok()).await;
    until("row", async || rows(&stores, "photos/a b+c.jpg").await.contains(&"w=60,f=webp".to_owned()).then_some(()))
        .await;

    // Over what a function may answer, it stores first and sends us there.
    stores.originals.put("noise.png", noise(1400).into(), attributes()).await.unwrap();
    let long = server.get("/noise.png?w=1390").await;
    assert_eq!(long.status, 200, "{}", long.text());
    assert!(long.body.len() > 5_000_000 && look(&long.body) == ("png", 1390, 1390));

    // In a key a point is written otherwise than in a URL.
    let point = server.get("/photos/a%20b+c.jpg?w=20&h=20&fit=cover&pos=0.25,0.5").await;
    assert_eq!((point.status, look(&point.body)), (200, ("jpeg", 20, 20)), "{}", point.text());
    let key = "photos/a b+c.jpg/w=20,h=20,fit=cover,pos=0.25:0.5";
    until(key, async || stores.variants.head(key).await.ok()).await;

    for (path, status, kind) in [("/photos/none.jpg?w=6", 404, "not-found"), ("/torn.jpg?w=6", 422, "corrupt")] {
        stores.originals.put("torn.jpg", crate::lambda::torn().into(), attributes()).await.unwrap();
        let answer = server.get(path).await;
        assert_eq!((answer.status, answer.header("x-pixfront-error")), (status, kind), "{path}: {}", answer.text());
    }
}
