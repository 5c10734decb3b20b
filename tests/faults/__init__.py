"""Faults on live servers, under load: after each, the read models must be what the log says."""
