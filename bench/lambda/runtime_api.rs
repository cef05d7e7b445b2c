//! Lambda's Runtime API for one process and as many events as it is given, with a clock at each step.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::super::Failure;

/// What the function did, and when.
pub(super) enum Step {
    /// It asked for an event.
    Asked(Instant),
    /// It is about to get one.
    Given(Instant),
    /// It answered, or said that it failed.
    Answered { at: Instant, path: String, body: Vec<u8> },
}

/// Listens on a port of its own until it is dropped.
pub(super) struct RuntimeApi {
    pub(super) address: String,
    pub(super) steps: Receiver<Step>,
    events: Sender<Vec<u8>>,
    is_over: Arc<AtomicBool>,
}

/// What every connection of the function works on.
#[derive(Clone)]
struct Shared {
    steps: Sender<Step>,
    events: Arc<Mutex<Receiver<Vec<u8>>>>,
}

impl RuntimeApi {
    pub(super) fn start() -> Result<Self, Failure> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?.to_string();
        let ((step, steps), (event, events)) = (channel(), channel());
        let shared = Shared { steps: step, events: Arc::new(Mutex::new(events)) };
        let is_over = Arc::new(AtomicBool::new(false));
        let ends = Arc::clone(&is_over);
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                if ends.load(Ordering::Relaxed) {
                    return;
                }
                let shared = shared.clone();
                // It ends when the function does, whose end is seen elsewhere.
                std::thread::spawn(move || _ = serve(connection, &shared));
            }
        });
        Ok(Self { address, steps, events: event, is_over })
    }

    /// Whoever asks next gets it.
    pub(super) fn give(&self, event: Vec<u8>) -> Result<(), Failure> {
        self.events.send(event).map_err(|_| "the Runtime API of the bench has ended".into())
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        // So that it looks. Without a listener it has ended already.
        let _ = TcpStream::connect(&self.address);
    }
}

fn serve(connection: TcpStream, shared: &Shared) -> Result<(), Failure> {
    // An answer goes out in two writes.
    connection.set_nodelay(true)?;
    let mut answers = connection.try_clone()?;
    let mut requests = BufReader::new(connection);
    while let Some((method, path, body)) = request(&mut requests)? {
        if method == "GET" {
            shared.steps.send(Step::Asked(Instant::now()))?;
            // Like Lambda, it lets the function wait. When the bench has no more it hangs up.
            let event = shared.events.lock().unwrap_or_else(PoisonError::into_inner).recv()?;
            shared.steps.send(Step::Given(Instant::now()))?;
            answers.write_all(head(event.len()).as_bytes())?;
            answers.write_all(&event)?;
        } else {
            shared.steps.send(Step::Answered { at: Instant::now(), path, body })?;
            answers.write_all(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n")?;
        }
    }
    Ok(())
}

fn head(length: usize) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nlambda-runtime-aws-request-id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n\
         lambda-runtime-deadline-ms: 4102444800000\r\n\
         lambda-runtime-invoked-function-arn: arn:aws:lambda:us-east-1:123456789012:function:bench\r\n\
         lambda-runtime-trace-id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    )
}

/// Method, path and body.
fn request(requests: &mut impl BufRead) -> Result<Option<(String, String, Vec<u8>)>, Failure> {
    let mut line = String::new();
    if requests.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split(' ').map(str::to_owned);
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (mut length, mut is_chunked) = (0, false);
    loop {
        let mut header = String::new();
        requests.read_line(&mut header)?;
        let header = header.trim_end().to_ascii_lowercase();
        match header.split_once(':').map(|(name, value)| (name, value.trim())) {
            Some(("content-length", value)) => length = value.parse()?,
            Some(("transfer-encoding", "chunked")) => is_chunked = true,
            _ if header.is_empty() => break,
            _ => {}
        }
    }
    let mut body = Vec::new();
    if is_chunked {
        while read_chunk(requests, &mut body)? {}
    } else {
        body.resize(length, 0);
        requests.read_exact(&mut body)?;
    }
    Ok(Some((method, path, body)))
}

fn read_chunk(requests: &mut impl BufRead, body: &mut Vec<u8>) -> Result<bool, Failure> {
    let mut line = String::new();
    requests.read_line(&mut line)?;
    let length = usize::from_str_radix(line.trim_end(), 16)?;
    let begin = body.len();
    body.resize(begin + length + 2, 0);
    let chunk = body.get_mut(begin..).ok_or("a chunk is longer than memory")?;
    requests.read_exact(chunk)?;
    body.truncate(begin + length);
    Ok(length > 0)
}
