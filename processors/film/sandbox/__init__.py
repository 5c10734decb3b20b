"""Processes that filter photos within limits, and can be killed."""
