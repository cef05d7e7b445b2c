//! The ledger as a table.

use std::sync::Arc;

use async_trait::async_trait;
use rusqlite::TransactionBehavior;

use super::Shared;
use crate::error::{Error, Kind, Result};
use crate::store::{Ledger, Row, RowKey};

/// The ledger of a [`LocalStore`](super::LocalStore).
#[derive(Clone, Debug)]
pub struct LocalLedger {
    shared: Arc<Shared>,
}

impl LocalLedger {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }
}

#[async_trait]
impl Ledger for LocalLedger {
    async fn record(&self, row: Row) -> Result<()> {
        let facts = serde_json::to_string(&row)
            .map_err(|cause| Error::with_source(Kind::Bug, "a row could not be written", cause))?;
        let replace = "INSERT OR REPLACE INTO ledger VALUES (?1, ?2, ?3)";
        self.shared
            .ask(move |connection| {
                connection.prepare_cached(replace)?.execute([row.name, row.variant, facts]).map(drop)
            })
            .await
    }

    async fn variants_of(&self, name: &str) -> Result<Vec<Row>> {
        let name = name.to_owned();
        let facts: Vec<String> = self
            .shared
            .ask(move |connection| {
                let mut query =
                    connection.prepare_cached("SELECT facts FROM ledger WHERE name = ?1 ORDER BY variant")?;
                query.query_map([name], |row| row.get(0))?.collect()
            })
            .await?;
        read(&facts)
    }

    async fn rows(&self, after: Option<RowKey>, limit: usize) -> Result<Vec<Row>> {
        // No row comes before this one, since no name is empty.
        let RowKey { name, variant } = after.unwrap_or(RowKey { name: String::new(), variant: String::new() });
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let facts: Vec<String> = self
            .shared
            .ask(move |connection| {
                let page = "SELECT facts FROM ledger WHERE (name, variant) > (?1, ?2) ORDER BY name, variant LIMIT ?3";
                let mut query = connection.prepare_cached(page)?;
                query.query_map((name, variant, limit), |row| row.get(0))?.collect()
            })
            .await?;
        read(&facts)
    }

    async fn forget(&self, name: &str, variants: &[String]) -> Result<()> {
        let (name, variants) = (name.to_owned(), variants.to_vec());
        self.shared
            .ask(move |connection| {
                let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                for variant in &variants {
                    let mut delete =
                        transaction.prepare_cached("DELETE FROM ledger WHERE name = ?1 AND variant = ?2")?;
                    delete.execute([&name, variant])?;
                }
                transaction.commit()
            })
            .await
    }
}

fn read(facts: &[String]) -> Result<Vec<Row>> {
    let rows = facts.iter().map(|facts| serde_json::from_str(facts));
    rows.collect::<serde_json::Result<_>>()
        .map_err(|cause| Error::with_source(Kind::Upstream, "a row of the ledger could not be read", cause))
}
