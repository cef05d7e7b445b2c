//! The doors: each is two pure translations around one call of the service.

pub mod origin_response;
pub mod upload;
