"""The log's vocabulary: event types, codec, topics and positions. It imports no other package of Darkroom."""
