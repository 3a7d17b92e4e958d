"""Import runs: batches of lines, each in a transaction of its own, or all of them in one."""

import gc
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import IO, Final, TypeAlias

from sqlalchemy import Connection, insert, update

from app.core import stamps
from app.core.db import Database
from app.core.errors import FieldProblem, InvalidRequestError
from app.imports.apply import Importer
from app.imports.readers import EventLine, Line, read_event
from app.imports.report import Report
from app.imports.tables import ImportRun
from app.records.service import find_reference
from app.records.vocabulary import RecordType

# A batch is as many lines as hold others up for less than a second, or as many bytes.
BATCH_LINES: Final = 2_000
BATCH_BYTES: Final = 8_388_608
# After so many new objects Python looks for cycles among them, while an import runs.
_SELDOM: Final = 200_000

# Told after each batch: the report so far, and how many bytes of the file are done.
Advance: TypeAlias = Callable[[Report, int], None]
# Run in the transaction that ends the run.
Finish: TypeAlias = Callable[[Connection, Report], None]


class ImportFormat(StrEnum):
    """What a file is made of."""

    NDJSON = "ndjson"


class ImportMode(StrEnum):
    """What becomes of the good lines of a file that has bad ones."""

    PARTIAL = "partial"
    ATOMIC = "atomic"


@dataclass(frozen=True, slots=True)
class Plan:
    """How a file is to be imported, and for whom."""

    author: str
    # The only cases that may be changed; `None` is all of them.
    cases: frozenset[str] | None = None
    format: ImportFormat = ImportFormat.NDJSON
    mode: ImportMode = ImportMode.PARTIAL
    is_dry_run: bool = False
    # The case of events that name none.
    case: str | None = None


def find_case(database: Database, case: str | None) -> str | None:
    """Return the id of the case of events that name none; `InvalidRequestError` where there is none."""
    if case is None:
        return None
    with database.read() as connection:
        found = find_reference(connection, RecordType.CASE, case)
    if found is None:
        raise InvalidRequestError((FieldProblem("query", "case", f"There is no case {case!r}."),))
    return found


class _UndoneError(Exception):
    """Ends a transaction that is not to be committed."""


def run_import(
    database: Database,
    lines: Iterable[Line],
    plan: Plan,
    *,
    advance: Advance = lambda _report, _end: None,
    finish: Finish = lambda _connection, _report: None,
) -> Report:
    """Import the lines and return what came of them, once it is committed.

    A partial import commits batch by batch: one that is killed leaves whole batches, and
    the same file again completes it.  An atomic one and a dry run are one transaction,
    which keeps other writers waiting.
    """
    report = Report(stamps.new_id("imp"))
    with _collecting_seldom():
        _run(database, lines, plan, report, advance, finish)
    return report


@contextmanager
def _collecting_seldom() -> Iterator[None]:
    """Look for cycles once a batch or so.

    An import makes very many objects and no cycles: looking for them after each few
    hundred objects takes a fifth of its time.
    """
    usual = gc.get_threshold()
    gc.set_threshold(_SELDOM, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _run(
    database: Database,
    lines: Iterable[Line],
    plan: Plan,
    report: Report,
    advance: Advance,
    finish: Finish,
) -> None:
    importer = Importer(plan.author, plan.cases, report)
    if not plan.is_dry_run:
        with database.write() as connection:
            _begin(connection, plan, report)
    if plan.is_dry_run or plan.mode is ImportMode.ATOMIC:
        with suppress(_UndoneError), database.write() as connection:
            _read_all(lines, plan, report, _in(connection, importer), advance)
            if plan.is_dry_run or report.refused:
                raise _UndoneError
            _end(connection, report, finish)
            return
        if not plan.is_dry_run:
            report.keep_nothing()
    else:
        _read_all(lines, plan, report, _in_its_own(database, importer), advance)
    with database.write() as connection:
        if plan.is_dry_run:
            report.seq = None
            finish(connection, report)
        else:
            _end(connection, report, finish)


# Applies a batch; tells whether it is the last chance of its lines, and returns those that wait.
_Apply: TypeAlias = Callable[[list[EventLine], bool], list[EventLine]]


def _in(connection: Connection, importer: Importer) -> _Apply:
    return lambda batch, is_last: importer.apply(connection, batch, is_last=is_last)


def _in_its_own(database: Database, importer: Importer) -> _Apply:
    def apply(batch: list[EventLine], is_last: bool) -> list[EventLine]:  # noqa: FBT001 - as `_Apply` says
        with database.write() as connection:
            waiting = importer.apply(connection, batch, is_last=is_last)
            _count(connection, importer.report)
        return waiting

    return apply


def _read_all(lines: Iterable[Line], plan: Plan, report: Report, apply: _Apply, advance: Advance) -> None:
    """Apply every line; those that name an event of a later line come again when all others are done."""
    lines, is_last = _counted(lines, report), False
    with ExitStack() as files:
        while True:
            kept = files.enter_context(tempfile.TemporaryFile())
            done = waiting = 0
            for batch in _batches(lines, plan, report):
                for one in apply(batch, is_last):
                    kept.write(b"%d %d %s\n" % (one.line.number, one.line.end, one.line.text))
                    waiting += 1
                done += len(batch)
                advance(report, batch[-1].line.end)
            if not waiting:
                return
            # Where all of them wait, nothing is left that they could wait for.
            is_last = waiting == done
            lines = _kept_lines(kept)


def _counted(lines: Iterable[Line], report: Report) -> Iterator[Line]:
    for line in lines:
        report.rows += 1
        yield line


def _kept_lines(file: IO[bytes]) -> Iterator[Line]:
    file.seek(0)
    for kept in file:
        number, end, text = kept.removesuffix(b"\n").split(b" ", 2)
        yield Line(int(number), text, int(end))


def _batches(lines: Iterable[Line], plan: Plan, report: Report) -> Iterator[list[EventLine]]:
    """Yield the lines that are valid by themselves in batches; report the others."""
    batch: list[EventLine] = []
    size = 0
    for line in lines:
        try:
            batch.append(read_event(line, case=plan.case))
        except InvalidRequestError as error:
            report.refuse(line.number, error.fields)
            continue
        size += len(line.text or b"")
        if len(batch) == BATCH_LINES or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _begin(connection: Connection, plan: Plan, report: Report) -> None:
    connection.execute(
        insert(ImportRun).values(
            id=report.id,
            author=plan.author,
            format=plan.format.value,
            mode=plan.mode.value,
            started_at=stamps.utc_now(),
            finished_at=None,
            rows=0,
            created=0,
            updated=0,
            unchanged=0,
            refused=0,
        )
    )


def _count(connection: Connection, report: Report) -> None:
    """Note how far a run has come."""
    connection.execute(
        update(ImportRun)
        .where(ImportRun.id == report.id)
        .values(
            rows=report.rows,
            created=report.created,
            updated=report.updated,
            unchanged=report.unchanged,
            refused=report.refused,
        )
    )


def _end(connection: Connection, report: Report, finish: Finish) -> None:
    _count(connection, report)
    connection.execute(
        update(ImportRun).where(ImportRun.id == report.id).values(finished_at=stamps.utc_now())
    )
    finish(connection, report)
