//! Lines to events: the only importer of `nom`.
