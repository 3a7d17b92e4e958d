"""The stored truth: cases, actors, sources and events, each a log of revisions."""
