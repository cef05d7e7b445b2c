//! Stores whose every call is attended by a test: it knows what is about to be touched, and decides when it is done, and whether.

use std::future::{Future, pending};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use pixfront::error::{Error, Kind, Result};
use pixfront::store::{Attributes, Head, Ledger, Message, Object, ObjectStore, Queue, Received, Row, RowKey, Stores};

/// Which store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Place {
    Originals,
    Variants,
    Table,
    Failures,
}

/// Which of its operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Op {
    Get,
    GetRange,
    Head,
    Put,
    Delete,
    List,
    Record,
    VariantsOf,
    Forget,
    Rows,
    Send,
    Receive,
    Release,
    Peek,
}

impl Op {
    /// Whether it leaves everything as it was.
    pub(crate) fn is_read(self) -> bool {
        match self {
            Self::Get | Self::GetRange | Self::Head | Self::List | Self::VariantsOf | Self::Rows | Self::Peek => true,
            Self::Put | Self::Delete | Self::Record | Self::Forget | Self::Send | Self::Receive | Self::Release => {
                false
            }
        }
    }
}

/// What a call reads or writes of its store.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Touched {
    /// These, whether they exist or not.
    Keys(Vec<String>),
    /// Whatever begins like this.
    Prefix(String),
}

impl Touched {
    fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Keys(ours), Self::Keys(theirs)) => ours.iter().any(|key| theirs.contains(key)),
            (Self::Keys(keys), Self::Prefix(prefix)) | (Self::Prefix(prefix), Self::Keys(keys)) => {
                keys.iter().any(|key| key.starts_with(prefix))
            }
            (Self::Prefix(ours), Self::Prefix(theirs)) => ours.starts_with(theirs) || theirs.starts_with(ours),
        }
    }
}

/// A call of a store.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Call {
    pub(crate) place: Place,
    pub(crate) op: Op,
    pub(crate) touched: Touched,
}

impl Call {
    fn of_keys(place: Place, op: Op, keys: &[String]) -> Self {
        Self { place, op, touched: Touched::Keys(keys.to_vec()) }
    }

    pub(crate) fn of_key(place: Place, op: Op, key: &str) -> Self {
        Self { place, op, touched: Touched::Keys(vec![key.to_owned()]) }
    }

    fn of_prefix(place: Place, op: Op, prefix: impl Into<String>) -> Self {
        Self { place, op, touched: Touched::Prefix(prefix.into()) }
    }

    /// Whether it matters which of the two comes first.
    pub(crate) fn conflicts_with(&self, other: &Self) -> bool {
        self.place == other.place && !(self.op.is_read() && other.op.is_read()) && self.touched.overlaps(&other.touched)
    }
}

/// How a call goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It fails before it does anything.
    Fails,
    /// It does what it should, and then says that it failed.
    FailsAfterwards,
    /// It does what it should, later than others would.
    IsLate,
    /// It neither does anything nor says so.
    Hangs,
}

/// What comes of a call that this happens to.
pub(crate) async fn meet<T>(fault: Option<Fault>, doing: impl Future<Output = Result<T>>) -> Result<T> {
    let failed = || Error::new(Kind::Upstream, "the store fails, as the test wants");
    match fault {
        None => doing.await,
        Some(Fault::Fails) => Err(failed()),
        Some(Fault::FailsAfterwards) => doing.await.and_then(|_| Err(failed())),
        Some(Fault::IsLate) => {
            tokio::time::sleep(Duration::from_millis(1)).await;
            doing.await
        }
        Some(Fault::Hangs) => pending().await,
    }
}

/// Who attends the calls.
pub(crate) trait Attendant: Send + Sync + 'static {
    fn attend<T: Send>(
        &self,
        call: Call,
        doing: impl Future<Output = Result<T>> + Send,
    ) -> impl Future<Output = Result<T>> + Send;
}

/// The same stores, attended.
pub(crate) fn attended<A: Attendant>(stores: &Stores, attendant: &Arc<A>) -> Stores {
    fn attend<T, A>(inner: &T, place: Place, attendant: &Arc<A>) -> Attended<T, A>
    where
        T: Clone,
    {
        Attended { inner: inner.clone(), place, attendant: Arc::clone(attendant) }
    }
    Stores {
        originals: Arc::new(attend(&stores.originals, Place::Originals, attendant)),
        variants: Arc::new(attend(&stores.variants, Place::Variants, attendant)),
        ledger: Arc::new(attend(&stores.ledger, Place::Table, attendant)),
        failures: Arc::new(attend(&stores.failures, Place::Failures, attendant)),
        journal: stores.journal.clone(),
        distribution: stores.distribution.clone(),
    }
}

struct Attended<T, A> {
    inner: T,
    place: Place,
    attendant: Arc<A>,
}

impl<T, A> Attended<T, A> {
    fn key(&self, op: Op, key: &str) -> Call {
        Call::of_key(self.place, op, key)
    }

    /// The queue as a whole: what is in it has no names.
    fn whole(&self, op: Op) -> Call {
        Call::of_prefix(self.place, op, "")
    }
}

#[async_trait]
impl<A: Attendant> ObjectStore for Attended<Arc<dyn ObjectStore>, A> {
    async fn get(&self, key: &str, limit_bytes: u64) -> Result<Object> {
        self.attendant.attend(self.key(Op::Get, key), self.inner.get(key, limit_bytes)).await
    }

    async fn get_range(&self, key: &str, etag: &str, range: Range<u64>) -> Result<Bytes> {
        self.attendant.attend(self.key(Op::GetRange, key), self.inner.get_range(key, etag, range)).await
    }

    async fn head(&self, key: &str) -> Result<Head> {
        self.attendant.attend(self.key(Op::Head, key), self.inner.head(key)).await
    }

    async fn put(&self, key: &str, body: Bytes, attributes: Attributes) -> Result<String> {
        self.attendant.attend(self.key(Op::Put, key), self.inner.put(key, body, attributes)).await
    }

    async fn delete(&self, keys: &[String]) -> Result<()> {
        self.attendant.attend(Call::of_keys(self.place, Op::Delete, keys), self.inner.delete(keys)).await
    }

    async fn list(&self, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<String>> {
        let call = Call::of_prefix(self.place, Op::List, prefix);
        self.attendant.attend(call, self.inner.list(prefix, after, limit)).await
    }
}

/// The name that a row goes by in [`Touched`]; no key has that character.
fn row_name(name: &str, variant: &str) -> String {
    format!("{name}\0{variant}")
}

#[async_trait]
impl<A: Attendant> Ledger for Attended<Arc<dyn Ledger>, A> {
    async fn record(&self, row: Row) -> Result<()> {
        let call = self.key(Op::Record, &row_name(&row.name, &row.variant));
        self.attendant.attend(call, self.inner.record(row)).await
    }

    async fn variants_of(&self, name: &str) -> Result<Vec<Row>> {
        let call = Call::of_prefix(self.place, Op::VariantsOf, row_name(name, ""));
        self.attendant.attend(call, self.inner.variants_of(name)).await
    }

    async fn rows(&self, after: Option<RowKey>, limit: usize) -> Result<Vec<Row>> {
        self.attendant.attend(self.whole(Op::Rows), self.inner.rows(after, limit)).await
    }

    async fn forget(&self, name: &str, variants: &[String]) -> Result<()> {
        let names: Vec<_> = variants.iter().map(|variant| row_name(name, variant)).collect();
        let call = Call::of_keys(self.place, Op::Forget, &names);
        self.attendant.attend(call, self.inner.forget(name, variants)).await
    }
}

#[async_trait]
impl<A: Attendant> Queue for Attended<Arc<dyn Queue>, A> {
    async fn send(&self, message: Message) -> Result<()> {
        self.attendant.attend(self.whole(Op::Send), self.inner.send(message)).await
    }

    async fn receive(&self, limit: usize, visibility_s: u32) -> Result<Vec<Received>> {
        self.attendant.attend(self.whole(Op::Receive), self.inner.receive(limit, visibility_s)).await
    }

    async fn delete(&self, receipt: &str) -> Result<()> {
        self.attendant.attend(self.whole(Op::Delete), self.inner.delete(receipt)).await
    }

    async fn release(&self, receipt: &str) -> Result<()> {
        self.attendant.attend(self.whole(Op::Release), self.inner.release(receipt)).await
    }

    async fn peek(&self, limit: usize) -> Result<Vec<Message>> {
        self.attendant.attend(self.whole(Op::Peek), self.inner.peek(limit)).await
    }
}
