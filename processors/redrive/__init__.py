"""Redriving dead letters, in the worker that owns their partition."""
