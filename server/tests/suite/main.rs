//! The process from outside: its answers by `oneshot` on the router, and the program itself.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod account_api;
mod activity;
mod admin;
mod bulk_rolls;
mod canary;
mod command_line;
mod connections;
mod cross_site;
mod failing;
#[cfg(target_os = "linux")]
mod floods;
mod forms_of_answers;
mod forward_auth;
mod gateways;
mod headers;
mod health;
mod invitations;
mod keeping;
mod limits;
mod logs;
mod matrix;
mod members;
mod metrics;
mod openapi;
mod operators;
mod people;
mod probe;
mod program;
mod provisioning;
mod route_table;
mod schemathesis;
mod screens;
mod slow_clients;
mod starting;
mod stopping;
mod tools;
mod upgrading;
mod uploads;
mod usage;
mod verification;
mod verify;
mod world;
