"""Runs `gcpressure fleet` over many machines' logs on Spark."""
