//! Where a program allocates, as pprof's own table or as JSON.

mod table;
mod text;

pub(super) use text::{described, error};

use std::io::{self, Write};

use super::Style;
use crate::report::sites::Sites;

/// A format of the sites.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SitesFormat {
    /// For people, and for scripts that read `go tool pprof -top`.
    Text,
    /// `gcpressure.sites/v1`, one line.
    Json,
}

impl SitesFormat {
    /// Every format.
    pub const ALL: &'static [Self] = &[Self::Text, Self::Json];

    /// The name that users type.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
        }
    }

    /// The format with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let mut formats = Self::ALL.iter().copied();
        formats.find(|format| format.name() == name)
    }

    /// Writes the sites in this format.
    ///
    /// # Errors
    /// What the writer gives.
    pub fn render(self, sites: &Sites, out: &mut dyn Write, style: &Style) -> io::Result<()> {
        match self {
            Self::Text => out.write_all(text::page(sites, style).as_bytes()),
            Self::Json => super::json::document(sites, out),
        }
    }
}
