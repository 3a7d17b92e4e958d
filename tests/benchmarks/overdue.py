"""The row of what is overdue among a hundred thousand obligations, some of them recurring."""

import itertools
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import func, select

from app.cli.output import progress
from app.core.db import Database
from app.records.revisions import Log
from app.records.service import MODELS, create
from app.records.tables import Event, Obligation
from app.records.vocabulary import RecordType
from tests.benchmarks import questions, servers
from tests.benchmarks.long_rows import copied
from tests.benchmarks.measuring import Subject, measure
from tests.benchmarks.results import Result, ceiling
from tests.benchmarks.rows import Bench
from tests.benchmarks.servers import running

OBLIGATIONS: Final = 100_000
IN_ONE_WRITE: Final = 250
FIRST_DAY: Final = date(2025, 1, 1)
DAYS: Final = 400


def overdue(bench: Bench) -> Iterator[Result]:
    """Read pages of 50 obligations that are overdue, at ever other moments, and pages of events."""
    with copied(bench) as url:
        database = Database.open(url)
        _impose(database)
        database.dispose()
        with running(servers.ours(url), bench.log) as own:
            measured = measure(
                [
                    Subject(
                        "page", own, map(questions.ours, questions.pages(bench.built.plain_cases, seed=5))
                    ),
                    Subject("overdue", own, _paths()),
                ],
                bench.load,
            )
    goal = ceiling(measured, "overdue", "page", 2)
    note = f"{OBLIGATIONS:,} obligations, every fourth of them daily or weekly."
    title = (overdue.__doc__ or "").strip()
    found = Result("overdue", title, bench.built.title, tuple(measured.values()), (goal,))
    yield replace(found, notes=(note,))


def _impose(database: Database) -> None:
    """Make the obligations, as far as they are not there yet, bound to orders of the small cases."""
    with database.read() as connection:
        done = connection.execute(select(func.count()).select_from(Obligation)).scalar_one()
        chosen = select(Event.id).where(Event.type == "court_order", Event.last_seq.is_(None))
        orders = connection.execute(chosen.order_by(Event.seq.desc()).limit(10_000)).scalars().all()
    duties = itertools.islice(_duties(orders), done, OBLIGATIONS)
    with progress("Making obligations", shows_rate=True) as advance:
        while some := list(itertools.islice(duties, IN_ONE_WRITE)):
            with database.write() as connection:
                log = Log(connection, author="benchmark")
                for duty in some:
                    written = MODELS[RecordType.OBLIGATION].validate_python(duty)
                    create(log, RecordType.OBLIGATION, written)
            done += len(some)
            advance(done, OBLIGATIONS)


def _duties(orders: Sequence[str]) -> Iterator[dict[str, Any]]:
    for number in itertools.count():
        chance = random.Random(number)
        due = FIRST_DAY + timedelta(days=chance.randrange(DAYS))
        recurrence = (
            chance.choice(("FREQ=DAILY;COUNT=20", "FREQ=WEEKLY;COUNT=20")) if number % 4 == 0 else None
        )
        yield {
            "order": orders[number % len(orders)],
            "bound": f"actor-{chance.randrange(400)}",
            "act": f"File report {number}.",
            "due": due.isoformat(),
            "recurrence": recurrence,
        }


def _paths() -> Iterator[str]:
    for number in itertools.count():
        day = FIRST_DAY + timedelta(days=number % DAYS)
        second = number // DAYS
        yield f"/v1/obligations?status=overdue&at={day}T{second // 60 % 24:02}:{second % 60:02}:00Z"


DUTY_ROWS: Final[Mapping[str, Callable[[Bench], Iterator[Result]]]] = {"overdue": overdue}
