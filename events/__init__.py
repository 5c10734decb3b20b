"""The log's vocabulary: generated event types, codec, topics and positions. Imports nothing of ours."""
