"""Tallies: sets with their sizes, how they are folded and how they are read."""
