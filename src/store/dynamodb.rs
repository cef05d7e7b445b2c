//! The ledger in a table of DynamoDB, the only file that knows its SDK.
//!
//! Whatever goes wrong here is the store's fault, never a client's: no key of ours is over the table's limits, so that even a
//! refused request means that the table is missing, has other keys, or is not ours to use.

use std::collections::{BTreeSet, HashMap};
use std::error::Error as StdError;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Builder;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, WriteRequest};
use tokio::time::sleep;

use super::aws::{Asked, Site, failed};
use super::checks::now_ms;
use super::{Ledger, Row, RowKey};
use crate::config::{Config, TableForm};
use crate::error::{Error, Kind, Result};
use crate::reply::shared_max_age;

/// The most rows that one call deletes.
const ROWS_MAX: usize = 25;
/// How often they are sent before those that DynamoDB leaves undone are given up; the pauses come to three seconds.
const ROUNDS_MAX: u32 = 6;

/// The attribute by which DynamoDB's time to live removes a row, in Unix seconds. Not a fact about the variant, and so not read again.
const EXPIRES: &str = "expires";
const DAY_S: u64 = 24 * 60 * 60;

type Item = HashMap<String, AttributeValue>;

/// A table with the partition key `name` and, unless it is one of names alone, the sort key `variant`.
#[derive(Debug)]
pub(super) struct DynamoLedger {
    client: Client,
    site: Site,
    rows: Rows,
}

/// What its rows are like.
#[derive(Debug)]
pub(super) struct Rows {
    form: TableForm,
    /// How long one stays that is not forgotten.
    life_s: Option<u64>,
}

impl Rows {
    /// A row must outlive what was cached near viewers on its variant's last day: it is by rows that an overwrite is known for one,
    /// and that CloudFront is told. S3 expires objects at the midnight after their last day, and takes its time: two days more.
    pub(super) fn of(config: &Config) -> Self {
        let cached_s = shared_max_age(config.cache_control()).as_secs();
        let life_s = config.row_days.map(|days| ((u64::from(days) + 2) * DAY_S).saturating_add(cached_s));
        Self { form: config.table_form, life_s }
    }
}

impl DynamoLedger {
    pub(super) fn new(sdk: &SdkConfig, site: Site, rows: Rows) -> Self {
        let mut config = Builder::from(sdk).region(site.region.clone());
        if let Some(endpoint) = &site.endpoint {
            config = config.endpoint_url(endpoint);
        }
        Self { client: Client::from_conf(config.build()), site, rows }
    }
}

#[async_trait]
impl Ledger for DynamoLedger {
    async fn record(&self, row: Row) -> Result<()> {
        // One that only says that something was outdated was made at no time, and is as good as new.
        let time_ms = if row.time_ms == 0 { now_ms() } else { row.time_ms };
        let expires = self.rows.life_s.map(|life_s| (time_ms / 1000).saturating_add(life_s));
        let mut item = match self.rows.form {
            TableForm::Rows => item(row),
            TableForm::Names => key_of(&row.name),
        };
        item.extend(expires.map(|time| (EXPIRES.to_owned(), AttributeValue::N(time.to_string()))));
        let request = self.client.put_item().table_name(&self.site.name).set_item(Some(item));
        request.send().await.map(drop).map_err(|error| self.refused("PutItem", error))
    }

    async fn variants_of(&self, name: &str) -> Result<Vec<Row>> {
        if self.rows.form == TableForm::Names {
            return self.row_of_all(name).await;
        }
        let mut rows = Vec::new();
        let mut next = None;
        loop {
            let page = self
                .client
                .query()
                .table_name(&self.site.name)
                // `name` is a reserved word.
                .key_condition_expression("#name = :name")
                .expression_attribute_names("#name", "name")
                .expression_attribute_values(":name", text(name))
                // A purge must see the row that was written a moment ago.
                .consistent_read(true)
                .set_exclusive_start_key(next)
                .send()
                .await
                .map_err(|error| self.refused("Query", error))?;
            next = page.last_evaluated_key;
            rows.extend(page.items.unwrap_or_default().iter().map(|item| self.row(item)));
            if next.is_none() {
                return Ok(rows);
            }
        }
    }

    async fn rows(&self, after: Option<RowKey>, limit: usize) -> Result<Vec<Row>> {
        let mut rows = Vec::new();
        let mut next = after.map(|RowKey { name, variant }| match self.rows.form {
            TableForm::Rows => Item::from([("name".to_owned(), text(&name)), ("variant".to_owned(), text(&variant))]),
            TableForm::Names => key_of(&name),
        });
        // A page ends at 1 MB, however many rows were asked for.
        while rows.len() < limit {
            let left = i32::try_from(limit - rows.len()).unwrap_or(i32::MAX);
            let scan = self.client.scan().table_name(&self.site.name).limit(left).set_exclusive_start_key(next);
            let page = scan.send().await.map_err(|error| self.refused("Scan", error))?;
            next = page.last_evaluated_key;
            rows.extend(page.items.unwrap_or_default().iter().map(|item| self.row(item)));
            if next.is_none() {
                break;
            }
        }
        Ok(rows)
    }

    async fn forget(&self, name: &str, variants: &[String]) -> Result<()> {
        if self.rows.form == TableForm::Names {
            return self.forget_name(name, variants).await;
        }
        // One batch must not name a row twice.
        let variants: Vec<_> = variants.iter().collect::<BTreeSet<_>>().into_iter().collect();
        for chunk in variants.chunks(ROWS_MAX) {
            let deletions: Result<Vec<_>> = chunk.iter().map(|variant| deletion(name, variant)).collect();
            self.delete_chunk(deletions?).await?;
        }
        Ok(())
    }
}

impl DynamoLedger {
    /// What a table of names has of one.
    async fn row_of_all(&self, name: &str) -> Result<Vec<Row>> {
        let request = self.client.get_item().table_name(&self.site.name).set_key(Some(key_of(name)));
        let answer = request.consistent_read(true).send().await.map_err(|error| self.refused("GetItem", error))?;
        Ok(answer.item.iter().map(|item| self.row(item)).collect())
    }

    fn row(&self, item: &Item) -> Row {
        match self.rows.form {
            TableForm::Rows => row(item),
            TableForm::Names => Row { variant: String::new(), ..row(item) },
        }
    }

    /// A name goes when the row of all is named, and stays while there may be other variants.
    async fn forget_name(&self, name: &str, variants: &[String]) -> Result<()> {
        if !variants.iter().any(String::is_empty) {
            return Ok(());
        }
        let request = self.client.delete_item().table_name(&self.site.name).set_key(Some(key_of(name)));
        request.send().await.map(drop).map_err(|error| self.refused("DeleteItem", error))
    }

    /// DynamoDB leaves undone what is over its capacity at the moment, and says so.
    async fn delete_chunk(&self, mut left: Vec<WriteRequest>) -> Result<()> {
        for round in 0..ROUNDS_MAX {
            if round > 0 {
                sleep(self.site.terms.pause * 2_u32.pow(round - 1)).await;
            }
            let request = self.client.batch_write_item().request_items(&self.site.name, left);
            let answer = request.send().await.map_err(|error| self.refused("BatchWriteItem", error))?;
            left = answer.unprocessed_items.unwrap_or_default().remove(&self.site.name).unwrap_or_default();
            if left.is_empty() {
                return Ok(());
            }
        }
        let words = format!("BatchWriteItem in {}", self.site.name);
        let left = format!("{} rows are left undone after {ROUNDS_MAX} rounds", left.len());
        Err(failed("the ledger did not forget all it should", Asked::new(words, left)))
    }

    fn refused<E: StdError + Send + Sync + 'static>(&self, operation: &str, error: SdkError<E>) -> Error {
        let words = format!("{operation} in {}", self.site.name);
        failed("the ledger could not be asked", Asked::refused(&words, error))
    }
}

fn deletion(name: &str, variant: &str) -> Result<WriteRequest> {
    let request = DeleteRequest::builder().key("name", text(name)).key("variant", text(variant)).build();
    let request = request.map_err(|cause| Error::with_source(Kind::Bug, "a row could not be named", cause))?;
    Ok(WriteRequest::builder().delete_request(request).build())
}

/// All that a table of names has of one.
fn key_of(name: &str) -> Item {
    Item::from([("name".to_owned(), text(name))])
}

fn item(row: Row) -> Item {
    let Row { name, variant, bytes, width, height, format, source_etag, render_ms, time_ms } = row;
    let texts = [("name", name), ("variant", variant), ("format", format), ("source_etag", source_etag)];
    let numbers = [
        ("bytes", bytes),
        ("width", width.into()),
        ("height", height.into()),
        ("render_ms", render_ms),
        ("time_ms", time_ms),
    ];
    let texts = texts.map(|(column, value)| (column.to_owned(), AttributeValue::S(value)));
    let numbers = numbers.map(|(column, value)| (column.to_owned(), AttributeValue::N(value.to_string())));
    texts.into_iter().chain(numbers).collect()
}

/// A row that another system wrote may lack columns, which are then empty or 0: it must not keep the others from being purged,
/// and without our source's etag it goes with the next purge itself.
fn row(item: &Item) -> Row {
    let text = |column| item.get(column).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
    Row {
        name: text("name"),
        variant: text("variant"),
        bytes: number(item, "bytes"),
        width: number(item, "width"),
        height: number(item, "height"),
        format: text("format"),
        source_etag: text("source_etag"),
        render_ms: number(item, "render_ms"),
        time_ms: number(item, "time_ms"),
    }
}

fn number<N: std::str::FromStr + Default>(item: &Item, column: &str) -> N {
    item.get(column).and_then(|value| value.as_n().ok()?.parse().ok()).unwrap_or_default()
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}
