"""Checks of each file format's headers, before anything is decoded."""
