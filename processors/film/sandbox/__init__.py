"""Filters photos in processes that have limits and can be killed."""
