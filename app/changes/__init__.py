"""What changed, in order: the feed, its stream, and webhooks."""
