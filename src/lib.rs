//! Callback links for waiting Step Functions tasks.
pub mod action;
pub mod decide;
pub mod expiration;
pub mod json;
pub mod link;
pub mod negotiate;
pub mod page;
pub mod payload;
pub mod rejection;
pub mod reply;
pub mod report;
pub mod seal;
pub mod select;
pub mod template;
pub mod token;
pub mod transaction;
