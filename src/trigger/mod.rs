//! The doors: each is two pure translations around one call of the service.

pub mod failure;
pub mod http;
pub mod limit;
pub mod origin_response;
mod subject;
pub mod upload;
