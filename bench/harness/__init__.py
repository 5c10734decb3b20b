"""Sides, servers, streams and tables of figures."""
