"""The manners that every route has: problem documents, ETags, HEAD, CORS, limits, links."""

from app.core.manners.install import install_manners
from app.core.manners.problems import problem_responses
from app.core.manners.strict import StrictRoute
from app.core.manners.tags import etag_matches, etag_of, link_header

__all__ = [
    "StrictRoute",
    "etag_matches",
    "etag_of",
    "install_manners",
    "link_header",
    "problem_responses",
]
