"""Runs the servers and processes of a benchmark, makes streams of events, and prints figures."""
