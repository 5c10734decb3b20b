"""Decisions: pure functions from what is asked and what the read models say to facts, or a Problem."""
