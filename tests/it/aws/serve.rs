//! `pixfront serve --store aws`, the real program before a stand-in for AWS.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]

use std::process::Output;

use aws_sdk_dynamodb::types::AttributeValue::S;

use crate::pictures;
use crate::world::{Ministack, Server, look, program};

impl Ministack {
    fn command(&self, arguments: &[&str]) -> Output {
        self.command_without(&[], arguments)
    }

    /// The command, with everything it is told but these variables.
    fn command_without(&self, variables: &[&str], arguments: &[&str]) -> Output {
        let mut command = program(arguments);
        command.args(["--store", "aws"]);
        self.lend(&mut command);
        for variable in variables {
            command.env_remove(variable);
        }
        command.output().unwrap()
    }
}

fn serve(ministack: &Ministack) -> Server {
    Server::with(|command| {
        command.args(["--store", "aws"]);
        ministack.lend(command);
        command.env("PIXFRONT_ROW_DAYS", "90");
    })
}

#[tokio::test]
async fn everything_is_kept_at_aws() {
    let ministack = Ministack::start().await;
    let server = serve(&ministack);
    let cat = pictures::jpeg(120, 80);
    server.upload("photos/cat.jpg", cat.clone()).await;
    let url = "/photos/cat.jpg?w=40&f=webp";
    let made = server.get(url).await;
    assert_eq!((made.status, look(&made.body), made.header("x-cache")), (200, ("webp", 40, 27), "Miss"));
    assert_eq!(server.get(url).await.header("x-cache"), "Hit");
    assert_eq!(server.get("/photos/cat.jpg").await.body, cat);
    assert_eq!(server.get("/photos/dog.jpg?w=40").await.status, 404);

    let key = "photos/cat.jpg/w=40,f=webp";
    let object = ministack.variants.get_object().bucket("variants").key(key).send().await.unwrap();
    assert_eq!(object.content_type(), Some("image/webp"));
    assert_eq!(object.cache_control(), Some("public, max-age=86400, s-maxage=86400"));
    let metadata = object.metadata().unwrap();
    assert_eq!(metadata["source-etag"], pixfront::key::etag(&cat));
    assert!(metadata.contains_key("epoch") && metadata["cache-tag"].len() == 32, "{metadata:?}");
    assert_eq!(object.body.collect().await.unwrap().to_vec(), made.body);

    let row = ministack.table.get_item().table_name("variants").key("name", S("photos/cat.jpg".into()));
    let row = row.key("variant", S("w=40,f=webp".into())).send().await.unwrap();
    let row = row.item().expect("the row of the variant");
    let number = |name: &str| row[name].as_n().unwrap().parse::<u64>().unwrap();
    let expires = number("time_ms") / 1000 + (90 + 2 + 1) * 86_400;
    assert_eq!(number("expires"), expires, "by the table's time to live, once nobody has the variant cached either");
    assert_eq!(row["bytes"].as_n().unwrap(), &made.body.len().to_string());
    assert_eq!((row["width"].as_n().unwrap().as_str(), row["height"].as_n().unwrap().as_str()), ("40", "27"));
    assert_eq!(row["format"].as_s().unwrap(), "webp");

    let listed = ministack.command(&["ls", "photos/cat.jpg"]);
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(listed.contains("resized-photos/cat.jpg") && listed.contains("w=40,f=webp"), "{listed}");
}

#[tokio::test]
async fn an_overwrite_takes_its_variants_and_a_failure_is_one_message() {
    let ministack = Ministack::start().await;
    let server = serve(&ministack);
    server.upload("cat.jpg", pictures::jpeg(120, 80)).await;
    assert_eq!(server.get("/cat.jpg?w=40").await.status, 200);
    let mut torn = pictures::jpeg(64, 64);
    torn.truncate(torn.len() / 2);
    let answer = server.put("cat.jpg", torn).await;
    assert!(answer.text().contains("the failures queue has a message"), "{}", answer.text());
    let left = ministack.variants.list_objects_v2().bucket("variants").send().await.unwrap();
    assert_eq!(left.key_count(), Some(0), "{left:?}");

    let failures = ministack.command(&["failures"]);
    let words = String::from_utf8(failures.stdout).unwrap();
    assert!(words.starts_with("originals/cat.jpg  corrupt: "), "{words}");
    let request = ministack.queue.receive_message().queue_url(ministack.config.queue.name.as_ref().unwrap());
    let messages = request.max_number_of_messages(10).message_attribute_names("All").send().await.unwrap();
    let [message] = messages.messages() else { panic!("one message: {messages:?}") };
    assert_eq!(message.body(), Some("cat.jpg"), "the key alone");
    let attributes = message.message_attributes().unwrap();
    assert_eq!(attributes["kind"].string_value(), Some("corrupt"));
    assert_eq!(attributes["bucket"].string_value(), Some("originals"));
}

#[tokio::test]
async fn regions_and_credentials_have_no_defaults() {
    let ministack = Ministack::start().await;
    for (variable, code, words) in [
        ("PIXFRONT_TABLE_REGION", 10, "no region is set: AWS_REGION for all, or PIXFRONT_TABLE_REGION"),
        ("AWS_SECRET_ACCESS_KEY", 17, "the ledger could not be asked: Query in variants: "),
    ] {
        let output = ministack.command_without(&[variable], &["ls", "cat.jpg"]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(code) && said.contains(words), "{variable}: {said}");
    }
}

#[test]
fn what_is_not_set_is_named() {
    for arguments in [
        &["serve", "--port", "0", "--store", "aws"][..],
        &["failures", "--store", "aws"],
        &["ls", "x", "--store", "aws"],
    ] {
        let output = program(arguments).env("PIXFRONT_ORIGINALS_BUCKET", "originals").output().unwrap();
        let words = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(10), "{words}");
        assert!(words.contains("PIXFRONT_VARIANTS_BUCKET, PIXFRONT_TABLE, PIXFRONT_QUEUE_URL"), "{words}");
    }
}
