"""What both HTTP services are made of: problems, identity, request ids and metrics, waiting for one's writes, pages."""
