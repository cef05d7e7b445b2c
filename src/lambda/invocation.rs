//! One invocation, seen from outside: the answer, the work after it, and the line that says how it went.
//!
//! Lambda gives an answer to whoever waits as soon as it is posted, and counts the invocation as running until the next event is
//! asked for: so what is done then is done, and its line written.

use std::io::Write as _;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant, SystemTime};

use lambda_runtime::tower::{Layer, Service};
use lambda_runtime::{Context as LambdaContext, Error as BoxError, LambdaInvocation};

use crate::telemetry::Counters;
use crate::telemetry::emf::{self, Invocation, Reading, Subject};

/// What is watched for the line.
#[derive(Debug)]
pub(super) struct Watch {
    counters: Arc<Counters>,
    /// Of the invocation under way. There is one at a time.
    subject: Mutex<Subject>,
}

impl Watch {
    pub(super) fn new(counters: Arc<Counters>) -> Arc<Self> {
        Arc::new(Self { counters, subject: Mutex::default() })
    }

    /// What the event under way turns out to be about.
    pub(super) fn about(&self, subject: Subject) {
        *self.subject.lock().unwrap_or_else(PoisonError::into_inner) = subject;
    }

    fn report(&self, context: &LambdaContext, before: &Reading, duration: Duration, after: Option<Duration>) {
        let subject = std::mem::take(&mut *self.subject.lock().unwrap_or_else(PoisonError::into_inner));
        let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let time_ms = u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX);
        let (function, request_id) = (&*context.env_config.function_name, &*context.request_id);
        let invocation = Invocation { function, request_id, subject, duration, after, time_ms };
        print(emf::line(&invocation, before, Reading::of(&self.counters)));
    }
}

/// To standard output, where AWS says that such lines are looked for, and where nothing else goes: what the log says is for
/// people, and a panic or a C library may write half a line of it. All at once, so that nothing comes between.
fn print(mut line: String) {
    line.push('\n');
    let mut stdout = std::io::stdout().lock();
    if let Err(error) = stdout.write_all(line.as_bytes()).and_then(|()| stdout.flush()) {
        tracing::warn!(%error, "an invocation's metrics could not be written");
    }
}

/// Does `work` after each answer, which says whether there was any, then writes the line.
#[derive(Clone)]
pub(super) struct InvocationLayer<W> {
    watch: Arc<Watch>,
    work: W,
}

impl<W> InvocationLayer<W> {
    pub(super) const fn new(watch: Arc<Watch>, work: W) -> Self {
        Self { watch, work }
    }
}

impl<S, W: Clone> Layer<S> for InvocationLayer<W> {
    type Service = Invocations<S, W>;

    fn layer(&self, inner: S) -> Self::Service {
        Invocations { inner, watch: Arc::clone(&self.watch), work: self.work.clone() }
    }
}

pub(super) struct Invocations<S, W> {
    inner: S,
    watch: Arc<Watch>,
    work: W,
}

impl<S, W, F> Service<LambdaInvocation> for Invocations<S, W>
where
    S: Service<LambdaInvocation, Response = (), Error = BoxError>,
    S::Future: 'static,
    W: Fn() -> F,
    F: Future<Output = bool> + 'static,
{
    type Response = ();
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<(), BoxError>>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, invocation: LambdaInvocation) -> Self::Future {
        let (watch, context) = (Arc::clone(&self.watch), invocation.context.clone());
        let (begun, before) = (Instant::now(), Reading::of(&watch.counters));
        // It ends when the answer has been posted.
        let answer = self.inner.call(invocation);
        let work = (self.work)();
        Box::pin(async move {
            let answered = answer.await;
            let duration = begun.elapsed();
            let after = work.await.then(|| begun.elapsed().saturating_sub(duration));
            watch.report(&context, &before, duration, after);
            answered
        })
    }
}
