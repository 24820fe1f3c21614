//! The screens, by what people come to do.

pub mod activity;
pub mod admin;
pub mod dashboard;
pub mod developers;
pub mod entrance;
pub mod files;
pub mod members;
pub mod not_found;
pub mod sessions;
