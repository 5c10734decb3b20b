"""Tables, and the two stores that keep them: Cassandra, and one in memory."""
