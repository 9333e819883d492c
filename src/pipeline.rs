//! Bytes to `Report`.
