"""Give an application its manners."""

import functools

from fastapi import FastAPI
from starlette_compress import CompressMiddleware, add_compress_type

from app.config import Settings
from app.core.http import pages
from app.core.http.middleware import Manners
from app.core.http.openapi import openapi_document
from app.core.http.problems import PROBLEM_TYPE, add_problem_handlers

for _media_type in (PROBLEM_TYPE, "application/feed+json", "application/x-ndjson", "text/csv"):
    add_compress_type(_media_type)


def install_manners(app: FastAPI, settings: Settings) -> None:
    """Make an application behave as section 1 of the contract says, on every route it has or gets."""
    app.state.settings = settings
    # It would build the address from the Host header, and hide a misspelling besides.
    app.router.redirect_slashes = False
    add_problem_handlers(app)
    # What is added last is outermost: the tags are marked after the bytes are compressed.
    app.add_middleware(CompressMiddleware, minimum_size=500)
    app.add_middleware(Manners, settings=settings)
    app.include_router(pages.router)
    # As FastAPI's documentation does it; there is no other hook.
    app.openapi = functools.partial(openapi_document, app)  # type: ignore[method-assign]
