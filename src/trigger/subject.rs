//! What an event is about, for the line that a function writes of it.

use super::upload::Delivery;
use crate::error::Result;
use crate::ingest::Upload;
use crate::request::Request;
use crate::telemetry::emf::Subject;
use crate::variant::{Plan, Policy, plan};

/// The original and the recipe that a request comes to; of one that comes to nothing, the name that it asked for.
pub(super) fn of_request(request: &Result<Request>, policy: &Policy) -> Subject {
    let Ok(request) = request else { return Subject { is_request: true, ..Subject::default() } };
    let (key, recipe) = match plan(request, policy) {
        Ok(Plan::Variant(variant)) => (variant.source.as_str().to_owned(), Some(variant.recipe_name())),
        Ok(Plan::Original(source)) => (source.as_str().to_owned(), None),
        Err(_) => (request.name.as_str().to_owned(), None),
    };
    Subject { is_request: true, key: Some(key), recipe }
}

/// The key where there is one upload, as in everything that S3 sends by itself. Of several, each has its line in the log.
pub(super) fn of_delivery(delivery: &Delivery) -> Subject {
    let mut uploads: Box<dyn Iterator<Item = &Upload>> = match delivery {
        Delivery::Whole(uploads) => Box::new(uploads.iter()),
        Delivery::Batch(messages) => Box::new(messages.iter().flat_map(|message| message.uploads.iter().flatten())),
    };
    let key = match (uploads.next(), uploads.next()) {
        (Some(only), None) => Some(only.key.clone()),
        (Some(_), Some(_)) | (None, _) => None,
    };
    Subject { key, ..Subject::default() }
}
