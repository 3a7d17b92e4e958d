"""Whether the process lives, and whether it can answer."""

import logging
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from app.core.db import Database, SchemaBehindError
from app.core.errors import UnavailableError
from app.core.http.openapi import problem_responses
from app.core.http.strict import StrictRoute

_log = logging.getLogger(__name__)

router = APIRouter(route_class=StrictRoute, tags=["operations"])


class HealthOut(BaseModel):
    """The process is alive."""

    status: Literal["ok"]


class ReadinessOut(BaseModel):
    """The database answers and has this release's schema."""

    status: Literal["ready"]
    database: str


def get_database(request: Request) -> Database:
    """Return the database the application opened."""
    database: Database = request.app.state.database
    return database


OpenDatabase = Annotated[Database, Depends(get_database)]


@router.get("/healthz", summary="Tell whether the process is alive")
async def check_health(response: Response) -> HealthOut:
    """Answer without asking the database, so that a busy one does not get the process restarted."""
    response.headers["Cache-Control"] = "no-store"
    return HealthOut(status="ok")


@router.get(
    "/readyz",
    summary="Tell whether the database can be reached and is migrated",
    responses=problem_responses(UnavailableError),
)
def check_readiness(response: Response, database: OpenDatabase) -> ReadinessOut:
    """Answer 503 when requests should go elsewhere for now."""
    response.headers["Cache-Control"] = "no-store"
    try:
        database.check()
        return ReadinessOut(status="ready", database=database.version())
    except SchemaBehindError as error:
        raise UnavailableError(str(error), retry_after=30) from error
    except Exception as error:
        # Whatever the reason, the one who asks wants to know one thing; the log has the rest.
        _log.exception("The database is not ready")
        raise UnavailableError from error
