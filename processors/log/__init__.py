"""Reading the log outside a consumer group: where it ends, and single records."""
