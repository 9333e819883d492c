//! Values with units: parsed from what a user types (`10ms`, `5/s`, `15%`, `64MiB`), written by one formatter for every renderer.
