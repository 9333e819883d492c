//! Which process a cycle belongs to.
