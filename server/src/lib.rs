//! The process `latchkey`: configuration, router, HTTP API, command line and background tasks.
//!
//! A request travels through [`accept`] (connections and their deadlines), [`middleware`] (what holds for every answer)
//! and [`router`], which serves the table in [`routes`], to a page of `app`, a server function or [`api`]; a command
//! travels through [`cli`]. Both end in the
//! same use cases of `backend`, opened by [`opening`] with the settings of [`config`].
//!
//! What deliberately does not live here: rules (`domain`), use cases (`backend`), SQL (`store/*`), screens (`app`).

pub mod accept;
mod activity;
pub mod answer;
pub mod api;
mod bulk_report;
pub mod check;
pub mod cli;
pub mod config;
pub mod counting;
mod download;
pub mod following;
pub mod health;
pub mod logging;
pub mod metrics;
pub mod middleware;
pub mod notify;
pub mod opening;
pub mod output;
pub mod problem;
pub mod router;
pub mod routes;
pub mod serve;
pub mod site;
