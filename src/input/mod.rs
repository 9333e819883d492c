//! Bytes to lines: sources, decompression, decoding, the buffered reader.

use crate::error::Error;

/// An open source.
#[derive(Debug)]
pub struct Source {
    name: String,
}

impl Source {
    /// Opens a file, or standard input for `-`.
    ///
    /// # Errors
    /// What the system says.
    pub fn open(path: &str) -> Result<Self, Error> {
        if path != "-" {
            std::fs::File::open(path).map_err(|error| Error::Io {
                source: path.to_owned(),
                error,
            })?;
        }
        Ok(Self {
            name: path.to_owned(),
        })
    }

    /// As the user named it.
    pub fn name(&self) -> &str {
        &self.name
    }
}
