"""The application, put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.responses import RedirectResponse

from app.allegations import routes as allegations
from app.changes import routes as changes
from app.changes import webhook_routes as webhooks
from app.changes.deliver import delivering
from app.config import Settings, load_settings
from app.core.db import Database, Pool
from app.core.docs import install_docs
from app.core.http import StrictRoute, health, install_manners
from app.core.http.kept import KeptAnswers, State
from app.example.answers import add_examples
from app.history import routes as history
from app.imports import routes as imports
from app.orders import routes as orders
from app.records import key_routes
from app.records import routes as records
from app.records.keeping import keeping_ready
from app.records.state import StateWatch
from app.timeline import routes as timeline

VERSION: Final = "0.1.0"
# Event streams are described with `itemSchema`, which older versions do not have.
OPENAPI_VERSION: Final = "3.2.0"
DESCRIPTION: Final = """\
Public cases as dated, sourced, contested events.

Every error is a [problem document](problems). Unknown parameters are refused, never ignored.
Within `/v1` things are only ever added.
"""
TAGS: Final = (
    ("timelines", "Events in order, filtered, as they are now or as they were at any moment."),
    ("cases", "Matters followed over time, with their dockets."),
    ("events", "What happened, that a source reports, and how each record of it changed."),
    ("orders", "What was ordered and whether it was obeyed, what followed from what, and what is missing."),
    ("allegations", "Contested statements of fact, who says what of them, and how they stand by that."),
    ("obligations", "What orders bind someone to, what was done about it, and what courts found."),
    ("actors", "Persons, organizations, courts and governments that take part."),
    ("sources", "Documents and publications that events cite."),
    ("changes", "What was recorded when, in order: to follow, and to prove."),
    ("webhooks", "Addresses that are told of changes, signed, for whoever has the scope `admin`."),
    ("history", "What changed between two moments, what was corrected, and answers put on record."),
    ("imports", "Many events from a file, for whoever has the scope `import`."),
    ("vocabulary", "The closed sets of words that records use."),
    ("keys", "API keys, for whoever has the scope `admin`; a key itself is shown once."),
    ("operations", "For whoever runs the service."),
)
# The order of the docs page.
ROUTERS: Final[tuple[APIRouter, ...]] = (
    timeline.router,
    # Before the records, among which an obligation may be called anything.
    orders.router,
    *records.ROUTERS,
    allegations.router,
    changes.router,
    webhooks.router,
    history.router,
    imports.router,
    key_routes.router,
    health.router,
)

_root = APIRouter(route_class=StrictRoute, include_in_schema=False)


@_root.get("/")
def open_docs() -> RedirectResponse:
    """Lead to the docs page."""
    # Relative: the Host header is not to be believed.
    return RedirectResponse("docs")


def create_app(
    settings: Settings | None = None, *, delivers: bool = False, keeps_ready: bool = False
) -> FastAPI:
    """Return the application; without `settings` they are read from the environment.

    One that `delivers` tells webhooks of changes besides, one that `keeps_ready` makes stale
    answers again; any number of processes may.
    """
    chosen = load_settings() if settings is None else settings
    app = FastAPI(
        title="Case Timeline",
        version=VERSION,
        description=DESCRIPTION,
        openapi_tags=[{"name": name, "description": text} for name, text in TAGS],
        servers=[{"url": chosen.public_url}] if chosen.public_url else None,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=_open_database,
        generate_unique_id_function=_operation_id,
    )
    app.openapi_version = OPENAPI_VERSION
    app.state.delivers = delivers
    app.state.keeps_ready = keeps_ready
    # First, as they are looked through in order, and those of timelines are asked for most.
    for router in (*ROUTERS, _root):
        app.include_router(router)
    install_manners(app, chosen)
    # Added last, and so around everything.
    app.add_middleware(KeptAnswers, ask_state=_ask_state, limit=chosen.answer_cache_bytes)
    install_docs(app)
    _show_examples(app)
    return app


def _show_examples(app: FastAPI) -> None:
    """Have the OpenAPI document carry the example case's questions and answers."""
    describe = app.openapi

    def described() -> dict[str, Any]:
        is_made = app.openapi_schema is not None
        document = describe()
        return document if is_made else add_examples(document)

    app.openapi = described  # type: ignore[method-assign]


def create_serving_app() -> FastAPI:
    """Return the application as the command `serve` runs it."""
    return create_app(keeps_ready=True)


def create_delivering_app() -> FastAPI:
    """Return one that tells webhooks of changes besides."""
    return create_app(delivers=True, keeps_ready=True)


@asynccontextmanager
async def _open_database(app: FastAPI) -> AsyncIterator[None]:
    # Here and not in `create_app`: connections must not be shared by worker processes.
    settings: Settings = app.state.settings
    pool = Pool(settings.pool_size, settings.pool_timeout_s, settings.connect_timeout_s)
    database = Database.open(settings.database_url, read_url=settings.read_database_url, pool=pool)
    app.state.database = database
    app.state.watch = StateWatch(database)
    telling = delivering(database.of_primary(), settings, agent=f"case-timeline/{VERSION}")
    try:
        async with (
            telling if app.state.delivers else nullcontext(),
            keeping_ready(database) if app.state.keeps_ready else nullcontext(),
        ):
            yield
    finally:
        app.state.watch.close()
        database.dispose()


async def _ask_state(app: FastAPI) -> State | None:
    # Before the application has started there is none, and nothing can be kept.
    watch: StateWatch | None = getattr(app.state, "watch", None)
    return None if watch is None else await watch.ask()


def _operation_id(route: APIRoute) -> str:
    return route.name
