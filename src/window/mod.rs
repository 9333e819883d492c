//! Panes and sliding windows of event time.
