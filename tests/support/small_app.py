"""A small application with the same manners as the real one, for tests about manners alone."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from typing import Annotated, Literal

from fastapi import APIRouter, Body, FastAPI, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import OperationalError
from starlette.responses import StreamingResponse

from app.config import Settings
from app.core.errors import RetractedError
from app.core.http import StrictRoute, conditional_response, install_manners

router = APIRouter(route_class=StrictRoute)
LONG_TEXT = b'{"text":"' + b"Case Timeline " * 200 + b'"}'


class Filter(BaseModel):
    """What can be asked of things."""

    model_config = ConfigDict(extra="forbid")

    type: list[Literal["meeting", "hearing"]] = Field(default_factory=list)
    limit: int = Field(default=50, ge=1, le=500)


class Round(BaseModel):
    """A thing that has a radius."""

    kind: Literal["round"]
    radius: int


class Square(BaseModel):
    """A thing that has a side."""

    kind: Literal["square"]
    side: int


class ThingIn(BaseModel):
    """A thing as it is written."""

    model_config = ConfigDict(extra="forbid")

    title: str
    shape: Annotated[Round | Square, Field(discriminator="kind")] | None = None


@router.get("/things")
def list_things(where: Annotated[Filter, Query()]) -> Filter:
    return where


@router.post("/things")
def make_thing(thing: ThingIn) -> ThingIn:
    return thing


@router.patch("/things")
def amend_things(patch: Annotated[ThingIn, Body(media_type="application/merge-patch+json")]) -> ThingIn:
    return patch


@router.get("/plain/{name}")
def read_plain(name: str) -> str:
    return name


@router.get("/long")
def read_long(request: Request) -> Response:
    return conditional_response(request, LONG_TEXT, media_type="application/json", etag='"1-abc"')


@router.get("/retracted")
def read_retracted() -> None:
    raise RetractedError("evt_7k3mq9xw2h0d", "Recorded twice.", '"2-abc"')


@router.get("/locked")
def meet_a_lock() -> None:
    error = sqlite3.OperationalError("database is locked")
    error.sqlite_errorcode = sqlite3.SQLITE_BUSY
    raise OperationalError("SELECT 'a secret'", {}, error)


@router.get("/broken")
def fail() -> None:
    raise ValueError("a secret")


@router.get("/endless")
async def stream() -> StreamingResponse:
    async def lines() -> AsyncIterator[bytes]:
        while True:
            yield b"again\n"
            await asyncio.sleep(0)

    return StreamingResponse(lines(), media_type="text/plain")


def small_app(settings: Settings | None = None) -> FastAPI:
    """Return the application."""
    app = FastAPI(docs_url=None, redoc_url=None)
    install_manners(app, settings or Settings(max_body_bytes=1024, max_query_bytes=256))
    app.include_router(router)
    return app
