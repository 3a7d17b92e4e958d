"""HTTP as every route speaks it: problem documents, strict parameters, tags, links.

A module that has routes makes them with `APIRouter(route_class=StrictRoute)` and raises
the classes of `app.core.errors`; it renders no error itself.
"""

from app.core.http.conditional import conditional_response, etag_matches, etag_of, expected_revisions
from app.core.http.health import OpenDatabase, get_database
from app.core.http.install import install_manners
from app.core.http.links import absolute, link_header
from app.core.http.openapi import problem_responses
from app.core.http.problems import PROBLEM_TYPE
from app.core.http.strict import StrictRoute
from app.core.http.upload import UploadRoute, receive

__all__ = [
    "PROBLEM_TYPE",
    "OpenDatabase",
    "StrictRoute",
    "UploadRoute",
    "absolute",
    "conditional_response",
    "etag_matches",
    "etag_of",
    "expected_revisions",
    "get_database",
    "install_manners",
    "link_header",
    "problem_responses",
    "receive",
]
