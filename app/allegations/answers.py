"""What the answers of this package have in common: pages, tags, and what had been published."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias

from pydantic import BaseModel
from sqlalchemy import Connection, select

from app.access.audience import Audience
from app.core.edtf import OPEN_LATEST, EdtfError, parse_window
from app.core.errors import FieldProblem, InvalidCursorError, InvalidRequestError
from app.core.http import etag_of
from app.core.paging import Cursor, decode_cursor, encode_cursor, fingerprint, link
from app.core.stamps import moment_text
from app.records.documents import Document, Stub, decode, load_stubs, named_in
from app.records.revisions import View
from app.records.tables import Record, Revision
from app.records.vocabulary import RecordType
from app.timeline.filters import PageQuestion, instant_of
from app.timeline.scene import Pin, Scene, refuse_future, set_scene

Parameters: TypeAlias = list[tuple[str, str]]
Key: TypeAlias = tuple[int | str, ...]
# What a cursor does not fix.
_NOT_FIXED: Final = frozenset({"limit", "after", "total", "as_of"})


@dataclass(frozen=True, slots=True)
class Answer:
    """A rendered answer; `body` is `None` where the client already holds it."""

    etag: str
    body: bytes | None
    next: str | None = None
    previous: str | None = None
    # Where a merged record went; then there is no body either.
    moved_to: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about a list, at its change."""

    question: PageQuestion
    scene: Scene
    path: str
    parameters: Parameters
    fixed: str
    cursor: Cursor | None
    audience: Audience

    @property
    def view(self) -> View:
        """Return what the reader sees, at that change."""
        return self.scene.view

    @property
    def is_backwards(self) -> bool:
        """Tell whether the page is read from its end."""
        return self.cursor is not None and self.cursor.is_backwards

    @property
    def etag(self) -> str:
        """Return the tag of the answer: it changes with every change that its reader sees."""
        seqs = (str(self.scene.reader_seq), str(self.scene.rewritten))
        return etag_of(self.scene.epoch, self.audience, *seqs, self.path, str(self.parameters))


def settle(
    connection: Connection,
    audience: Audience,
    question: PageQuestion,
    *,
    path: str,
    case: str | None,
    as_of: datetime | None,
    key: Sequence[type],
) -> Asked:
    """Return the question at the change it is asked of; `key` are the types of what the list sorts by.

    Raises `InvalidCursorError`, and what `set_scene` raises.
    """
    refuse_future(as_of)
    parameters = _parameters(question)
    fixed = fingerprint(audience, path, *(one for one in parameters if one[0] not in _NOT_FIXED))
    cursor = None if question.after is None else decode_cursor(question.after, expected=fixed)
    if cursor is not None and (
        tuple(map(type, cursor.key)) != tuple(key)
        or any(isinstance(part, str) and "\x00" in part for part in cursor.key)
    ):
        raise InvalidCursorError
    pin = Pin(as_of) if cursor is None else Pin(None, cursor.seq)
    scene = set_scene(connection, audience, pin, case=case)
    if cursor is not None and as_of is not None:
        # The cursor fixes the moment: it must be the one that is asked for.
        there = set_scene(connection, audience, Pin(as_of), case=case)
        if there.seq != scene.seq:
            raise InvalidCursorError
    return Asked(question, scene, path, parameters, fixed, cursor, audience)


def _parameters(question: BaseModel) -> Parameters:
    """Return the parameters that were given, in a fixed order, as they are written."""
    return [
        (name, instant_of(one) if isinstance(one, datetime) else str(one))
        for name in sorted(question.model_fields_set)
        if (value := getattr(question, name)) is not None
        for one in (value if isinstance(value, list) else [value])
    ]


def page_of(
    asked: Asked, rows: list[Any], *, key_of: Callable[[Any], Key], permalink: str, total: int | None
) -> tuple[list[Any], Document]:
    """Return the page's rows in order, and what comes after the items.

    `rows` are one more than the page holds, if there are as many, in the direction it is read.
    """
    limit = asked.question.limit
    has_more = len(rows) > limit
    rows = rows[:limit]
    if asked.is_backwards:
        rows.reverse()

    def address(row: Any, *, is_backwards: bool) -> str:  # noqa: ANN401 - a row of the page
        text = encode_cursor(Cursor(asked.fixed, asked.scene.reader_seq, is_backwards, key_of(row)))
        kept = [one for one in asked.parameters if one[0] != "after"]
        return link(asked.path, [*kept, ("after", text)])

    is_later = asked.cursor is not None and (has_more or not asked.is_backwards)
    moment = moment_text(asked.scene.at)
    kept = [one for one in asked.parameters if one[0] != "as_of"]
    return rows, {
        "next": address(rows[-1], is_backwards=False) if rows and (has_more or asked.is_backwards) else None,
        "previous": address(rows[0], is_backwards=True) if rows and is_later else None,
        "total": total,
        "as_of": moment,
        "permalink": link(permalink, [*kept, ("as_of", moment)]),
    }


def reported_before(text: str | None) -> int | None:
    """Return the moment, in seconds since 1970, by which a source was published; `None` asks nothing."""
    if text is None:
        return None
    try:
        # Days of publication have no time zone: they are compared as days.
        latest = parse_window(None, text, "UTC").end
    except EdtfError as error:
        raise InvalidRequestError((FieldProblem("query", "reported_until", str(error)),)) from None
    return OPEN_LATEST if latest is None else latest


def load_allegations(
    connection: Connection, seqs: Sequence[int], view: View
) -> tuple[dict[int, tuple[Any, Document]], Mapping[str, Stub]]:
    """Return revisions of allegations with their documents, by `seq`, and what they name."""
    found: dict[int, tuple[Any, Document]] = {}
    rows = connection.execute(
        select(*Revision.__table__.columns, Record.visibility.label("now"))
        .join(Record, Record.id == Revision.record_id)
        .where(Revision.seq.in_(seqs))
    )
    for row in rows:
        found[row.seq] = (row, decode(row.document))
    named = {one for _, document in found.values() for one in named_in(document, RecordType.ALLEGATION)}
    return found, load_stubs(connection, named, view) if named else {}
