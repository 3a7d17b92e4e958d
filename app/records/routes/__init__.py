"""Records and the vocabulary over HTTP."""

from typing import Final

from fastapi import APIRouter

from app.records.routes import contested, read, terms, write

ROUTERS: Final[tuple[APIRouter, ...]] = (
    read.router,
    write.router,
    write.patches,
    contested.router,
    contested.patches,
    terms.router,
)
