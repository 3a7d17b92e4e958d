"""Whether the process lives, and whether it can answer."""

import logging
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

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
    """What is asked for can be read; `degraded` where something else fails, which the other members name."""

    status: Literal["ready", "degraded"]
    database: str
    writes: Literal["ok", "unavailable"] = Field(description="Whether anything can be written just now.")
    replica: Literal["ok", "unavailable"] | None = Field(
        description="Whether the replica answers; without it the primary is read. Null where there is none."
    )


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
    """Answer 503 when nothing can be read here; 200 also when writes fail, so that reads still come."""
    response.headers["Cache-Control"] = "no-store"
    try:
        database.check()
        return _readiness(database)
    except SchemaBehindError as error:
        raise UnavailableError(str(error), retry_after=30) from error
    except Exception as error:
        # Whatever the reason, the one who asks wants to know one thing; the log has the rest.
        _log.exception("The database is not ready")
        raise UnavailableError from error


def _readiness(database: Database) -> ReadinessOut:
    takes_writes = database.takes_writes()
    has_all_servers = not database.has_replica or database.replica_answers()
    return ReadinessOut(
        status="ready" if takes_writes and has_all_servers else "degraded",
        database=database.version(),
        writes="ok" if takes_writes else "unavailable",
        replica=("ok" if has_all_servers else "unavailable") if database.has_replica else None,
    )
