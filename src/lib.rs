//! Callback links for waiting Step Functions tasks.
#![cfg_attr(not(test), warn(clippy::string_slice))]

pub mod action;
pub mod aws;
pub mod brand;
pub mod calls;
pub mod config;
pub mod constant_time;
pub mod decide;
pub mod entry;
pub mod expiration;
pub mod form;
pub mod https_url;
pub mod json;
pub mod keys;
pub mod language;
pub mod link;
pub mod log;
pub mod metrics;
pub mod negotiate;
pub mod nonce;
pub mod origin;
pub mod outbound;
pub mod page;
pub mod payload;
pub mod rejection;
pub mod reply;
pub mod report;
pub mod request;
pub mod seal;
pub mod select;
pub mod tasks;
pub mod template;
pub mod token;
pub mod transaction;
pub mod web;
pub mod webhook;
