"""Reads the log outside consumer groups: its ends, and single records."""
