"""Decides which audience a request belongs to."""

from app.access.audience import Audience


def audience() -> Audience:
    """Return the audience of a request: the public, as there are no keys to tell anyone apart by."""
    return Audience.PUBLIC
