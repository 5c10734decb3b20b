"""Read models: pure folds of the log into tables, and the queries that read them. Imports events only."""
