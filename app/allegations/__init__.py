"""Allegations: contested statements of fact, how they stand, and everything an actor said of them."""
