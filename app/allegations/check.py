"""Lists the events whose own standing disagrees with that of the allegation they rest on.

An event's `standing` is the editor's and is never changed by this; what it may be:

    allegation              event
    unanswered              alleged, reported
    disputed                disputed
    conceded                established, reported
    found_true              established
    found_false, withdrawn  disputed, alleged
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, select

from app.access.audience import Audience
from app.allegations.answers import load_allegations
from app.records.documents import allegation_answer, decode, read_revision
from app.records.revisions import View
from app.records.tables import Allegation, Event, EventAllegation, Revision
from app.records.vocabulary import AllegationStanding, Standing

_AT_ONCE: Final = 500
_AGREEING: Final[dict[AllegationStanding, frozenset[Standing]]] = {
    AllegationStanding.UNANSWERED: frozenset({Standing.ALLEGED, Standing.REPORTED}),
    AllegationStanding.DISPUTED: frozenset({Standing.DISPUTED}),
    AllegationStanding.CONCEDED: frozenset({Standing.ESTABLISHED, Standing.REPORTED}),
    AllegationStanding.FOUND_TRUE: frozenset({Standing.ESTABLISHED}),
    AllegationStanding.FOUND_FALSE: frozenset({Standing.DISPUTED, Standing.ALLEGED}),
    AllegationStanding.WITHDRAWN: frozenset({Standing.DISPUTED, Standing.ALLEGED}),
}


@dataclass(frozen=True, slots=True)
class Disagreement:
    """An event that says otherwise than the allegation it rests on."""

    event_id: str
    title: str
    event_standing: Standing
    allegation_id: str
    text: str
    allegation_standing: AllegationStanding


def agrees(event: Standing, allegation: AllegationStanding) -> bool:
    """Tell whether an event may stand so while its allegation stands so."""
    return event in _AGREEING[allegation]


def find_disagreements(connection: Connection) -> Iterator[Disagreement]:
    """Yield those of now, by event, with all positions that keys see."""
    view = View(Audience.KEYS)
    after = ""
    while True:
        rows = connection.execute(
            select(
                Event.id, Event.standing, Revision.document, Allegation.seq, Allegation.id.label("allegation")
            )
            .join(EventAllegation, EventAllegation.seq == Event.seq)
            .join(Allegation, Allegation.id == EventAllegation.allegation_id)
            .join(Revision, Revision.seq == Event.seq)
            .where(Event.last_seq.is_(None), Allegation.last_seq.is_(None), Event.id > after)
            .order_by(Event.id)
            .limit(_AT_ONCE)
        ).all()
        if not rows:
            return
        after = rows[-1].id
        found, stubs = load_allegations(connection, sorted({row.seq for row in rows}), view)
        for row in rows:
            revision, document = found[row.seq]
            answer = allegation_answer(document, read_revision(revision, view, revision.now), stubs)
            own, theirs = Standing(row.standing), AllegationStanding(answer["standing"])
            if not agrees(own, theirs):
                title = decode(row.document or b"{}")["title"]
                yield Disagreement(row.id, title, own, row.allegation, document["text"], theirs)
