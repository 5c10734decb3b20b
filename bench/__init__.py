"""Darkroom against the least that could do the same: each figure is a ratio, both sides measured in turn."""
