//! The old system's own function, as its page has it, behind our server: `docs/coming-from/redis-cache.md`.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]

use std::fs;
use std::path::Path;

use super::rendered_by;
use super::stand_in::StandIn;
use crate::caches::{PATIENCE_MS, RedisServer, lend};
use crate::pictures;
use crate::world::look;

/// What Lambda and S3 are to it: an event comes in, a file is the object, the answer goes out.
const AROUND: &str = "import io, json, os, sys, types
class S3:
    def get_object(self, Bucket, Key):
        assert Bucket == 'album', Bucket
        return {'Body': open(os.path.join(sys.argv[1], Key), 'rb')}
sys.modules['boto3'] = types.SimpleNamespace(client=lambda service: S3())
exec(open(os.path.join(sys.argv[1], 'handler.py')).read())
print(json.dumps(handler(json.load(sys.stdin), None)))";

#[tokio::test]
async fn the_old_systems_function_works_unchanged() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/coming-from/redis-cache.md")).unwrap();
    let handler = page.split("```").find(|block| block.contains("def handler")).expect("the function");
    let album = tempfile::tempdir().unwrap();
    fs::write(album.path().join("handler.py"), handler.strip_prefix("python\n").unwrap()).unwrap();
    fs::write(album.path().join("a b.jpg"), pictures::jpeg(120, 80)).unwrap();
    let python = root.join(".tools/venv/bin/python");
    assert!(python.exists(), "there is no {}: `make test` installs it (`make venv` alone)", python.display());
    let function = vec![python.into_os_string(), "-c".into(), AROUND.into(), album.path().into()];

    let (lambda, redis) = (StandIn::running(function).await, RedisServer::start().await);
    let server = rendered_by(&lambda, |command| lend(command, &redis.url(), PATIENCE_MS));
    for (path, cache) in [("/a%20b.jpg?w=60&f=jpeg", "Miss"), ("/a%20b.jpg?f=jpg&width=60", "Hit")] {
        let answer = server.get(path).await;
        assert_eq!((answer.status, answer.header("x-cache")), (200, cache), "{path}: {}", answer.text());
        assert_eq!((look(&answer.body), answer.header("content-type")), (("jpeg", 60, 40), "image/jpeg"));
    }
    assert_eq!(lambda.events().len(), 1);
    let [key] = &redis.answers().await[..] else { panic!("one answer") };
    let left: i64 = redis.ask(&["TTL", key]).await;
    assert!((86_000..=86_400).contains(&left), "{left}");
}
