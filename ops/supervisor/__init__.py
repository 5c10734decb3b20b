"""Starts child processes, watches them, and stops them."""
