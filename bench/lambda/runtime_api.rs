//! Lambda's Runtime API for one process and one event, with a clock at each step.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use super::Failure;

/// A function that does not answer by then never will.
const PATIENCE: Duration = Duration::from_mins(1);

/// What the function did, and when.
pub(super) enum Step {
    /// It asked for its first event.
    Ready(Instant),
    /// It answered, or said that it failed.
    Answered { at: Instant, path: String, body: Vec<u8> },
}

/// Listens on a port of its own, as long as the process lives.
pub(super) struct RuntimeApi {
    pub(super) address: String,
    steps: Receiver<Step>,
}

impl RuntimeApi {
    pub(super) fn start(event: Vec<u8>) -> Result<Self, Failure> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?.to_string();
        let (step, steps) = channel();
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let (step, event) = (step.clone(), event.clone());
                // It ends when the function does.
                std::thread::spawn(move || _ = serve(connection, &event, &step));
            }
        });
        Ok(Self { address, steps })
    }

    pub(super) fn ready(&self) -> Result<Instant, Failure> {
        match self.steps.recv_timeout(PATIENCE)? {
            Step::Ready(at) => Ok(at),
            Step::Answered { body, .. } => Err(format!("no start: {}", String::from_utf8_lossy(&body)).into()),
        }
    }

    pub(super) fn answered(&self) -> Result<(Instant, Vec<u8>), Failure> {
        loop {
            match self.steps.recv_timeout(PATIENCE)? {
                Step::Answered { at, path, body } if path.ends_with("/response") => return Ok((at, body)),
                Step::Answered { body, .. } => return Err(String::from_utf8_lossy(&body).into_owned().into()),
                Step::Ready(_) => {}
            }
        }
    }
}

fn serve(connection: TcpStream, event: &[u8], step: &Sender<Step>) -> Result<(), Failure> {
    let mut answers = connection.try_clone()?;
    let mut requests = BufReader::new(connection);
    let mut has_event = true;
    while let Some((method, path, body)) = request(&mut requests)? {
        if method == "GET" {
            step.send(Step::Ready(Instant::now()))?;
            if !std::mem::take(&mut has_event) {
                // No more events: like Lambda, it lets the function wait.
                continue;
            }
            write!(
                answers,
                "HTTP/1.1 200 OK\r\nlambda-runtime-aws-request-id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n\
                 lambda-runtime-deadline-ms: 4102444800000\r\n\
                 lambda-runtime-invoked-function-arn: arn:aws:lambda:us-east-1:123456789012:function:bench\r\n\
                 lambda-runtime-trace-id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0\r\n\
                 content-type: application/json\r\ncontent-length: {}\r\n\r\n",
                event.len()
            )?;
            answers.write_all(event)?;
        } else {
            step.send(Step::Answered { at: Instant::now(), path, body })?;
            answers.write_all(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n")?;
        }
    }
    Ok(())
}

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
