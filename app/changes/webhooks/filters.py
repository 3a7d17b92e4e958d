"""Which changes a webhook is told of: the filter of a timeline, asked of one change.

A change of an event is told where the event matched just before or just after
it, so that a retraction, and an amendment that takes it out of the filter, are
told too.  Of the other records the cases decide whose answers a change alters.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, Final, cast

from pydantic import ValidationError
from sqlalchemy import BigInteger, Connection, Select, bindparam, select

from app.access.audience import Audience
from app.core.errors import InvalidRequestError
from app.records.documents import Document
from app.records.revisions import View
from app.records.tables import Event, Revision
from app.records.vocabulary import RecordType
from app.timeline import query
from app.timeline.filters import AcrossFilter
from app.timeline.query import Asked
from app.timeline.scene import Pin, Scene, set_scene
from app.timeline.settle import REFERENCES, settle

EVERYTHING: Final = "{}"


class UnusableFilterError(Exception):
    """A filter that was kept can no longer be read, as after a name in it was redacted."""


def settle_filter(connection: Connection, where: AcrossFilter) -> str:
    """Return the text of a filter as it is kept: what was given, with records by their ids.

    Raises `InvalidRequestError` for what the public may not know of, and for dates that are none.
    """
    try:
        asked = settle(connection, where, _public_scene(connection))
    except InvalidRequestError as error:
        problems = (replace(one, where="body", name=f"/filter/{one.name}") for one in error.fields)
        raise InvalidRequestError(tuple(problems)) from None
    given = where.model_dump(mode="json", exclude_unset=True)
    for name in REFERENCES.keys() & given.keys():
        given[name] = list(dict.fromkeys(asked.named[name, value] for value in given[name]))
    kept = {name: value for name, value in sorted(given.items()) if value is not None and value != []}
    return json.dumps(kept, ensure_ascii=False)


def _public_scene(connection: Connection) -> Scene:
    return set_scene(connection, Audience.PUBLIC, Pin(), case=None)


@dataclass(frozen=True, slots=True)
class Matcher:
    """A kept filter, ready to be asked."""

    takes_everything: bool
    # `None` where it can match no event: all records that one parameter names are out of sight.
    asked: Asked | None
    # Selects the event `event` if it matched at the change `at`.
    question: Select[Any] | None

    @classmethod
    def load(cls, connection: Connection, text: str) -> "Matcher":
        """Make the matcher of a kept filter; `UnusableFilterError` when it is none any more."""
        scene = _public_scene(connection)
        try:
            where = AcrossFilter.model_validate_json(text)
            asked = _settle_known(connection, where, scene)
        except (ValidationError, InvalidRequestError) as error:
            raise UnusableFilterError from error
        question = None
        if asked is not None:
            # Built once and asked of every change: building it costs ten times as much as asking.
            then = View(Audience.PUBLIC, cast("int", bindparam("at", type_=BigInteger())))
            question = query.base(replace(asked, view=then), Event.id == bindparam("event")).limit(1)
        return cls(text == EVERYTHING, asked, question)

    def tells(self, connection: Connection, change: Document) -> bool:
        """Tell whether a row of the feed, of a record that is in sight, is of those chosen."""
        if self.takes_everything:
            return True
        row = connection.execute(
            select(Revision.seq, Revision.record_type, Revision.alters_past).where(
                Revision.public_seq == change["seq"]
            )
        ).one()
        # After a redaction, or a change of who may see it, what matched before cannot be asked.
        if row.record_type != RecordType.EVENT.value or row.alters_past:
            return bool(self.cases_of(change["cases"]))
        return any(self._matches(connection, change["record"], seq) for seq in (row.seq, row.seq - 1))

    def cases_of(self, cases: Collection[str]) -> list[str]:
        """Return those of the cases that the filter's `case` and `exclude_case` leave."""
        asked = self.asked
        if asked is None:
            return []
        return [
            one
            for one in cases
            if one not in asked.exclude_cases and (asked.cases is None or one in asked.cases)
        ]

    def _matches(self, connection: Connection, event_id: str, seq: int) -> bool:
        if self.question is None:
            return False
        return connection.execute(self.question, {"event": event_id, "at": seq}).first() is not None


def _settle_known(connection: Connection, where: AcrossFilter, scene: Scene) -> Asked | None:
    """Settle a filter without the records that went out of sight since."""
    try:
        return settle(connection, where, scene)
    except InvalidRequestError:
        known: dict[str, list[str]] = {}
        for name in REFERENCES.keys() & where.model_fields_set:
            values = getattr(where, name)
            known[name] = [one for one in values if _is_known(connection, name, one, scene)]
            if not known[name] and name != "exclude_case":
                return None
        return settle(connection, where.model_copy(update=known), scene)


def _is_known(connection: Connection, name: str, value: str, scene: Scene) -> bool:
    try:
        settle(connection, AcrossFilter.model_validate({name: [value]}), scene)
    except InvalidRequestError:
        return False
    return True
