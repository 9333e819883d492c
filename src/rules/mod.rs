//! The rules: one file each, the trait and the table here.
