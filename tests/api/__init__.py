"""The read API over read models in memory."""
