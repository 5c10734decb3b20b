"""The batch transport: Faust on aiokafka, one partition's fetched records at a time."""
