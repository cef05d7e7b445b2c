//! A server that says what it is told, in the place of AWS.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pixfront::config::{Config, Invalidate, Place};
use pixfront::store::Stores;
use pixfront::store::aws::{self, Terms};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::world::{config_at, loader};

/// What the server does when it is asked.
#[derive(Clone)]
pub(super) enum Reply {
    /// This status line's rest, these headers, and this body.
    Says(&'static str, &'static str, String),
    /// That it is all right, after this time.
    Late(Duration),
    /// Nothing, and keeps the connection.
    Hangs,
    /// This status line and headers, this much, and then nothing more while the connection stays.
    Stalls(&'static str, &'static str),
    /// The same, and then hangs up.
    HangsUp(&'static str, &'static str),
    /// These headers, and bytes as long as anyone reads them.
    Endless(&'static str),
}

impl Reply {
    /// An error as S3 writes it.
    pub(super) fn s3(status: &'static str, code: &str) -> Self {
        Self::Says(
            status,
            "",
            format!("<Error><Code>{code}</Code><Message>because</Message><RequestId>R1</RequestId></Error>"),
        )
    }

    /// What CloudFront says to an invalidation that it takes.
    pub(super) fn invalidated() -> Self {
        let body = "<Invalidation><Id>I1</Id><Status>InProgress</Status><CreateTime>2026-11-22T00:00:00Z</CreateTime>\
                    <InvalidationBatch><Paths><Quantity>0</Quantity></Paths><CallerReference>x</CallerReference>\
                    </InvalidationBatch></Invalidation>";
        Self::Says("201 Created", "content-type: text/xml\r\n", body.to_owned())
    }

    pub(super) fn xml(body: &str) -> Self {
        Self::Says("200 OK", "content-type: application/xml\r\n", body.to_owned())
    }

    pub(super) fn json(body: &str) -> Self {
        Self::Says("200 OK", "content-type: application/x-amz-json-1.0\r\n", body.to_owned())
    }
}

/// Listens until it is dropped with its runtime.
pub(super) struct Wire {
    pub(super) stores: Stores,
    asked: Arc<Mutex<Vec<String>>>,
    sent: Arc<AtomicU64>,
}

impl Wire {
    /// Says these one after the other, and the last one for ever.
    pub(super) async fn that(replies: &[Reply]) -> Self {
        Self::told_by(Invalidate::Tags, replies).await
    }

    /// The same, where a distribution is told in that way.
    pub(super) async fn told_by(invalidate: Invalidate, replies: &[Reply]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stores = stores_at(&format!("http://{}", listener.local_addr().unwrap()), invalidate).await;
        let wire = Self { stores, asked: Arc::default(), sent: Arc::default() };
        let (asked, sent, replies) = (Arc::clone(&wire.asked), Arc::clone(&wire.sent), replies.to_vec());
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let talk = talk(socket, replies.clone(), Arc::clone(&asked), Arc::clone(&sent));
                tokio::spawn(async move { drop(talk.await) });
            }
        });
        wire
    }

    /// The requests so far: first line and body.
    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// The paths of each invalidation so far, where nothing else was asked.
    pub(super) fn invalidated(&self) -> Vec<Vec<String>> {
        let paths = |request: &String| {
            assert!(request.starts_with("POST /2020-05-31/distribution/E1DISTRIBUTION/invalidation"), "{request}");
            request.split("<Path>").skip(1).map(|path| path.split_once("</Path>").unwrap().0.to_owned()).collect()
        };
        self.asked().iter().map(paths).collect()
    }

    /// How much of endless bodies the network has taken.
    pub(super) fn sent_bytes(&self) -> u64 {
        self.sent.load(Ordering::SeqCst)
    }
}

/// How long an attempt may take: short for who waits for it in vain, long for a busy machine.
pub(super) const ATTEMPT: Duration = Duration::from_millis(600);

/// Everything at this endpoint, on terms that fit a test.
pub(super) async fn stores_at(endpoint: &str, invalidate: Invalidate) -> Stores {
    let terms = Terms { connect: ATTEMPT, attempt: ATTEMPT, attempts: 3, pause: Duration::from_millis(10) };
    let distribution = Place { name: Some("E1DISTRIBUTION".into()), endpoint: Some(endpoint.into()), region: None };
    let config = Config { distribution, invalidate, ..config_at(endpoint, &format!("{endpoint}/queue")) };
    aws::open_with(loader(), &terms, &config).await.unwrap()
}

async fn talk(
    socket: TcpStream,
    replies: Vec<Reply>,
    asked: Arc<Mutex<Vec<String>>>,
    sent: Arc<AtomicU64>,
) -> std::io::Result<()> {
    let mut socket = BufReader::new(socket);
    loop {
        let request = request(&mut socket).await?;
        let reply = {
            let mut asked = asked.lock().unwrap();
            asked.push(request);
            replies[(asked.len() - 1).min(replies.len() - 1)].clone()
        };
        match reply {
            Reply::Says(status, headers, body) => {
                let length = body.len();
                let head = format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\n\r\n");
                socket.write_all((head + &body).as_bytes()).await?;
            }
            Reply::Late(time) => {
                tokio::time::sleep(time).await;
                socket.write_all(b"HTTP/1.1 200 OK\r\netag: \"late\"\r\ncontent-length: 0\r\n\r\n").await?;
            }
            Reply::Hangs => std::future::pending::<()>().await,
            Reply::Stalls(headers, part) => {
                socket.write_all(format!("HTTP/1.1 {headers}\r\n\r\n{part}").as_bytes()).await?;
                std::future::pending::<()>().await;
            }
            Reply::HangsUp(headers, part) => {
                return socket.write_all(format!("HTTP/1.1 {headers}\r\n\r\n{part}").as_bytes()).await;
            }
            Reply::Endless(headers) => {
                socket.write_all(format!("HTTP/1.1 {headers}\r\n\r\n").as_bytes()).await?;
                // As a chunk of a chunked body, which one of a stated length may look like too.
                let chunk = [b"10000\r\n".as_slice(), &vec![b'x'; 0x10000], b"\r\n"].concat();
                loop {
                    socket.write_all(&chunk).await?;
                    sent.fetch_add(chunk.len() as u64, Ordering::SeqCst);
                }
            }
        }
    }
}

/// The first line of a request, and its body.
async fn request(socket: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let (mut first, mut length) = (String::new(), 0);
    if socket.read_line(&mut first).await? == 0 {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    loop {
        let mut line = String::new();
        socket.read_line(&mut line).await?;
        match line.trim_end().split_once(": ") {
            None => break,
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.parse().unwrap(),
            Some(_) => {}
        }
    }
    let mut body = vec![0; length];
    socket.read_exact(&mut body).await?;
    Ok(first + &String::from_utf8_lossy(&body))
}
