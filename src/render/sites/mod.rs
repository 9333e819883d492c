//! Where a program allocates, as pprof's own table.

mod table;
pub(super) mod text;

pub(super) use text::{described, error};
