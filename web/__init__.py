"""What both HTTP services share: problems, tokens, request ids, metrics, read-your-writes, pagination."""
