"""Darkroom's side of each comparison."""
