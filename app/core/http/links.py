"""Addresses in answers.  A request's `Host` header is never one of their sources."""

from app.config import Settings


def absolute(settings: Settings, path: str) -> str:
    """Return the address of `path` as clients see it: absolute where `public_url` is set."""
    return f"{settings.public_url}{path}"


def link_header(**relations: str | None) -> str | None:
    """Return a `Link` header for `next=`, `previous=` and other relations; `None` when all are.

    `previous` is written `prev`, the name clients look for.
    """
    links = [
        f'<{url}>; rel="{"prev" if relation == "previous" else relation}"'
        for relation, url in relations.items()
        if url is not None
    ]
    return ", ".join(links) or None
