//! Work after the answer: Lambda gives it to whoever waits as soon as it is posted, and counts the invocation as running until
//! the next event is asked for.

use std::pin::Pin;
use std::task::{Context, Poll};

use lambda_runtime::tower::{Layer, Service};
use lambda_runtime::{Error as BoxError, LambdaInvocation};

/// Does `work` after each answer.
#[derive(Clone)]
pub(super) struct AfterLayer<W> {
    work: W,
}

impl<W> AfterLayer<W> {
    pub(super) const fn new(work: W) -> Self {
        Self { work }
    }
}

impl<S, W: Clone> Layer<S> for AfterLayer<W> {
    type Service = After<S, W>;

    fn layer(&self, inner: S) -> Self::Service {
        After { inner, work: self.work.clone() }
    }
}

pub(super) struct After<S, W> {
    inner: S,
    work: W,
}

impl<S, W, F> Service<LambdaInvocation> for After<S, W>
where
    S: Service<LambdaInvocation, Response = (), Error = BoxError>,
    S::Future: 'static,
    W: Fn() -> F,
    F: Future<Output = ()> + 'static,
{
    type Response = ();
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<(), BoxError>>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, invocation: LambdaInvocation) -> Self::Future {
        // It ends when the answer has been posted.
        let answer = self.inner.call(invocation);
        let work = (self.work)();
        Box::pin(async move {
            let answered = answer.await;
            work.await;
            answered
        })
    }
}
