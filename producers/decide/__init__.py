"""Decisions: pure functions from a command and rows of the read models to events, or to a Refusal.

Rows that the person may not know of are None here. `likes`, `follows`, `memberships` and `placements` are those that
have begun and not ended, oldest first; two devices can begin the same thing twice, so there may be several.
"""
