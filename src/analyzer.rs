//! One process from its cycles to measures and findings.
