"""The other side: the least that could do the same."""
