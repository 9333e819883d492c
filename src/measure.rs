//! A cycle and the one before it: derived measures.
