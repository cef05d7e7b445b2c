//! Trying again what may work later, for commands that nobody waits for by the second.

use std::time::Duration;

use tokio::time::sleep;

use crate::error::Result;

/// How often, and with what pauses.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// The first included.
    pub tries: u32,
    /// Before the second; each further one is twice as long.
    pub pause: Duration,
}

impl Default for Patience {
    /// Seven seconds and a half of pauses, beside those that a store's own client makes.
    fn default() -> Self {
        Self { tries: 5, pause: Duration::from_millis(500) }
    }
}

impl Patience {
    /// Until it works, or fails for good, or has failed too often.
    pub async fn again<T>(&self, mut work: impl AsyncFnMut() -> Result<T>) -> Result<T> {
        let mut pause = self.pause;
        for _ in 1..self.tries {
            match work().await {
                Err(error) if error.kind().is_transient() => {
                    tracing::debug!(error = error.chain(), ?pause, "to be tried again");
                    sleep(pause).await;
                    pause *= 2;
                }
                ended => return ended,
            }
        }
        work().await
    }
}
