//! Processes that write to one local store are killed at odd moments; nothing acknowledged is lost, nothing is torn.
//!
//! The writers are this test binary again, running `kill_child` alone with a directory in the environment.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use bytes::Bytes;
use md5::{Digest, Md5};
use pixfront::error::Kind;
use pixfront::store::{Attributes, Message, Row, Stores, local};
use tempfile::TempDir;

use super::{LIMIT_BYTES, files_in, list};

const DIR: &str = "PIXFRONT_KILL_DIR";
const FIRST: &str = "PIXFRONT_KILL_FIRST";

/// After how many acknowledgements, and how many microseconds more, a writer is killed.
const MOMENTS: [(usize, u64); 16] = [
    (0, 0),
    (0, 3_000),
    (0, 9_000),
    (1, 0),
    (2, 400),
    (3, 1_100),
    (5, 0),
    (8, 150),
    (13, 2_300),
    (20, 700),
    (29, 0),
    (37, 5_000),
    (44, 300),
    (58, 1_700),
    (73, 90),
    (90, 0),
];

pub(super) fn row(name: &str, seq: u64) -> Row {
    Row {
        name: name.into(),
        variant: format!("w={seq}"),
        bytes: seq,
        width: 1,
        height: 2,
        format: "webp".into(),
        source_etag: "etag".into(),
        render_ms: 3,
        time_ms: 4,
    }
}

pub(super) fn message(seq: u64) -> Message {
    Message { body: format!("cat-{seq}.jpg"), attributes: BTreeMap::from([("kind".into(), "corrupt".into())]) }
}

/// Up to some 200 KB, all of it depending on `seq`.
fn body(seq: u64) -> Bytes {
    let words = 2 + seq.wrapping_mul(0x9e37_79b9) % 25_000;
    (0..words).flat_map(|i| seq.wrapping_add(i * i).to_le_bytes()).collect()
}

fn seq_of(body: &[u8]) -> u64 {
    u64::from_le_bytes(body[..8].try_into().unwrap())
}

/// Not a test, but the process that the test below kills; by itself it has nothing to do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_child() {
    #[expect(clippy::disallowed_methods, reason = "how a test talks to its child")]
    let (Some(dir), Ok(first)) = (env::var_os(DIR), env::var(FIRST)) else { return };
    let stores = local::open(Path::new(&dir)).unwrap();
    for seq in first.parse().unwrap().. {
        step(&stores, seq).await;
    }
}

fn acknowledge(what: &str, key: &str, seq: u64) {
    // One write a line: two writers' lines are on two pipes, and half a line is no acknowledgement.
    let line = format!("ack {what} {key} {seq}\n");
    std::io::stdout().write_all(line.as_bytes()).unwrap();
}

async fn step(stores: &Stores, seq: u64) {
    let put = async |key: &str| stores.originals.put(key, body(seq), Attributes::default()).await.unwrap();
    let own = format!("own-{}", seq % 7 + seq / 1_000_000 * 7);
    put(&own).await;
    acknowledge("put", &own, seq);
    stores.ledger.record(row("cat", seq)).await.unwrap();
    acknowledge("row", "cat", seq);
    stores.failures.send(message(seq)).await.unwrap();
    acknowledge("message", "cat", seq);
    let gone = format!("gone-{seq}");
    put(&gone).await;
    stores.originals.delete(std::slice::from_ref(&gone)).await.unwrap();
    acknowledge("gone", &gone, seq);
    // Both writers put, delete and list this one, so that they meet.
    let contested = ["contested".to_owned()];
    let ((), deleted, listed) = tokio::join!(
        async { drop(put(&contested[0]).await) },
        stores.originals.delete(&contested),
        stores.originals.list("c", None, 10)
    );
    deleted.and(listed).unwrap();
}

/// What was acknowledged so far.
#[derive(Default)]
struct Acknowledged {
    puts: HashMap<String, u64>,
    rows: BTreeSet<u64>,
    messages: BTreeSet<u64>,
    gone: Vec<String>,
}

impl Acknowledged {
    fn note(&mut self, line: &str) {
        let ["ack", what, key, seq] = line.trim_end().split(' ').collect::<Vec<_>>()[..] else { return };
        let seq = seq.parse().unwrap();
        match what {
            "put" => drop(self.puts.insert(key.into(), seq)),
            "row" => drop(self.rows.insert(seq)),
            "message" => drop(self.messages.insert(seq)),
            "gone" => self.gone.push(key.into()),
            other => panic!("unknown acknowledgement {other}"),
        }
    }

    async fn check(&self, dir: &Path) {
        let stores = local::open(dir).unwrap();
        for (key, seq) in &self.puts {
            let found = stores.originals.get(key, LIMIT_BYTES).await.unwrap();
            assert!(seq_of(&found.body) >= *seq, "`{key}` fell back behind {seq}");
        }
        let keys = list(&*stores.originals).await;
        for key in &keys {
            let found = stores.originals.get(key, LIMIT_BYTES).await.unwrap();
            assert_eq!(found.body, body(seq_of(&found.body)), "`{key}` is whole");
            let md5 = u128::from_be_bytes(Md5::digest(&found.body).into());
            assert_eq!(found.head.etag, format!("{md5:032x}"), "the etag is the body's");
        }
        assert_eq!(keys.len(), files_in(&dir.join("objects")).len(), "each file is listed");
        for key in &self.gone {
            assert_eq!(stores.originals.head(key).await.unwrap_err().kind(), Kind::NotFound, "{key}");
            assert!(!keys.contains(key));
        }
        let rows: BTreeSet<_> = stores.ledger.variants_of("cat").await.unwrap().iter().map(|row| row.bytes).collect();
        assert!(self.rows.is_subset(&rows), "a row was lost");
        let bodies: BTreeSet<_> =
            stores.failures.peek(usize::MAX).await.unwrap().into_iter().map(|message| message.body).collect();
        assert!(self.messages.iter().all(|seq| bodies.contains(&message(*seq).body)), "a message was lost");
        assert_eq!(files_in(&dir.join("tmp")).len(), 0, "what the dead left is swept");
    }
}

struct Writer {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Writer {
    fn start(dir: &Path, first: u64) -> Self {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["--exact", "stores::kill::kill_child", "--nocapture"]);
        command.env(DIR, dir).env(FIRST, first.to_string()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines }
    }

    /// Waits for some acknowledgements; false if the writer ended by itself.
    fn wait_for(&mut self, count: usize, acknowledged: &mut Acknowledged) -> bool {
        let mut seen = 0;
        let mut line = String::new();
        while seen < count {
            line.clear();
            if self.lines.read_line(&mut line).unwrap() == 0 {
                return false;
            }
            seen += usize::from(line.starts_with("ack "));
            acknowledged.note(&line);
        }
        true
    }

    /// SIGKILL; what was written to the pipe before still counts.
    fn kill(mut self, acknowledged: &mut Acknowledged) {
        self.child.kill().unwrap();
        let status = self.child.wait().unwrap();
        assert!(status.code().is_none(), "the writer must not have ended by itself: {status}");
        let mut line = String::new();
        while self.lines.read_line(&mut line).unwrap() > 0 {
            if line.ends_with('\n') {
                acknowledged.note(&line);
            }
            line.clear();
        }
    }
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_when_killed() {
    let dir = TempDir::new().unwrap();
    let mut acknowledged = Acknowledged::default();
    for (round, (count, micros)) in (0_u64..).zip(MOMENTS) {
        // Two at a time, each with its own keys; the next round overwrites those of this one.
        let mut one = Writer::start(dir.path(), round * 1_000);
        let two = Writer::start(dir.path(), 1_000_000 + round * 1_000);
        assert!(one.wait_for(count, &mut acknowledged), "the writer ended by itself");
        tokio::time::sleep(Duration::from_micros(micros)).await;
        one.kill(&mut acknowledged);
        two.kill(&mut acknowledged);
        acknowledged.check(dir.path()).await;
    }
    assert!(acknowledged.rows.len() > 50, "the writers got somewhere");
}
