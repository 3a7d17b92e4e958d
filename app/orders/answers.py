"""What the answers of this package have in common: the moment they stand at, tags, and whole events."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from pydantic import BaseModel
from sqlalchemy import Connection, select

from app.access.audience import Audience
from app.core.http import etag_of
from app.core.paging import link
from app.core.stamps import moment_text
from app.records.documents import Document, decode
from app.records.revisions import SHOWN_IN_PART, View, as_of, in_visible_case, visible
from app.records.store import assemble_rows
from app.records.tables import Event, Record, Revision
from app.timeline.filters import instant_of
from app.timeline.scene import Scene

Parameters: TypeAlias = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """A rendered answer; `body` is `None` where the client already holds it."""

    etag: str
    body: bytes | None
    next: str | None = None
    previous: str | None = None
    # Where a merged record went; then there is no body either.
    moved_to: str | None = None


def parameters_of(question: BaseModel, *, but: Collection[str] = ()) -> Parameters:
    """Return the parameters that were given, in a fixed order, as they are written."""
    return [
        (name, instant_of(one) if isinstance(one, datetime) else str(one))
        for name in sorted(question.model_fields_set - {*but})
        if (value := getattr(question, name)) is not None
        for one in (value if isinstance(value, list) else [value])
    ]


def tag_of(scene: Scene, audience: Audience, path: str, parameters: Parameters) -> str:
    """Return the tag of an answer: it changes with every change that its reader sees."""
    seqs = (str(scene.reader_seq), str(scene.rewritten))
    return etag_of(scene.epoch, audience, *seqs, path, str(parameters))


def tail_of(scene: Scene, path: str, parameters: Parameters) -> Document:
    """Return what comes after the items of a list that has one page."""
    moment = moment_text(scene.at)
    permalink = link(path, [*(one for one in parameters if one[0] != "as_of"), ("as_of", moment)])
    return {"next": None, "previous": None, "total": None, "as_of": moment, "permalink": permalink}


def find_events(connection: Connection, ids: Collection[str], view: View) -> Mapping[str, Document]:
    """Return the events the reader sees, in whole or in part, as they are read, by id."""
    rows = connection.execute(
        select(*Revision.__table__.columns, Record.visibility.label("now"))
        .join(Record, Record.id == Revision.record_id)
        .join(Event, Event.seq == Revision.seq)
        .where(
            Event.id.in_(ids),
            *as_of(Event, view.seq),
            *visible(Event, view, levels=SHOWN_IN_PART),
            in_visible_case(Event.seq, view),
        )
    ).all()
    made = assemble_rows(connection, rows, view)
    return {row.record_id: decode(made[row.seq]) for row in rows}
