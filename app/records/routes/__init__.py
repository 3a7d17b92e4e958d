"""Cases, actors, sources, events and the vocabulary over HTTP."""

from typing import Final

from fastapi import APIRouter

from app.records.routes import read, terms, write

ROUTERS: Final[tuple[APIRouter, ...]] = (read.router, write.router, write.patches, terms.router)
