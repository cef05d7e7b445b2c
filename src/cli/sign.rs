//! `pixfront sign`: a URL with its signature.

use chrono::DateTime;
use clap::Args;

use super::print;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::serve::unix_time;

#[derive(Args)]
pub(super) struct Options {
    /// A whole URL, or its path and query.
    url: String,
    /// When it ceases to be good: 2027-01-01T00:00:00Z, +30d (also h, m, s), or in Unix seconds.
    #[arg(long, value_name = "TIME", value_parser = Expiry::parse)]
    expires: Option<Expiry>,
}

#[derive(Clone, Copy)]
enum Expiry {
    /// In Unix seconds.
    At(u64),
    /// In seconds from now.
    In(u64),
}

impl Expiry {
    fn parse(text: &str) -> Result<Self, &'static str> {
        let read = || match text.strip_prefix('+') {
            Some(span) => {
                let (number, unit) = span.split_at_checked(span.len().checked_sub(1)?)?;
                let seconds = match unit {
                    "s" => 1,
                    "m" => 60,
                    "h" => 60 * 60,
                    "d" => 24 * 60 * 60,
                    _ => return None,
                };
                // Not by `parse` alone, which takes a second plus sign.
                let is_number = number.bytes().all(|b| b.is_ascii_digit());
                number.parse::<u64>().ok().filter(|_| is_number)?.checked_mul(seconds).map(Self::In)
            }
            None if text.bytes().all(|b| b.is_ascii_digit()) => text.parse().ok().map(Self::At),
            None => DateTime::parse_from_rfc3339(text).ok()?.timestamp().try_into().ok().map(Self::At),
        };
        read().ok_or("must be a time such as 2027-01-01T00:00:00Z, +30d, or 1798761600")
    }

    fn unix_time(self) -> u64 {
        match self {
            Self::At(time) => time,
            Self::In(seconds) => unix_time().saturating_add(seconds),
        }
    }
}

pub(super) fn run(options: &Options, config: &Config) -> Result<()> {
    let no_key = || Error::invalid("PIXFRONT_SIGNING_KEYS is not set: there is no key to sign with");
    let keys = config.signing_keys.as_ref().ok_or_else(no_key)?;
    let signed = keys.sign_url(&options.url, options.expires.map(Expiry::unix_time))?;
    print(&(signed + "\n"))
}
