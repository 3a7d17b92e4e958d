"""Asks a snapshot's question of the log, as the public."""

from dataclasses import dataclass

from pydantic import JsonValue, ValidationError
from sqlalchemy import Connection

from app.access.audience import Audience
from app.core import stamps
from app.core.errors import FieldProblem, InvalidRequestError
from app.history.filters import SnapshotFilter
from app.history.kept import Reading
from app.records.documents import Document, decode
from app.timeline.query import Asked, counts
from app.timeline.read import event_answers, parameters_of, permalink_of, rows_of
from app.timeline.scene import Pin, Scene, refuse_future, set_scene
from app.timeline.settle import settle


@dataclass(frozen=True, slots=True)
class Asking:
    """A question with everything settled, at its change."""

    question: SnapshotFilter
    asked: Asked
    scene: Scene

    def filter_by_ids(self) -> Document:
        """Return the question as it is kept: by ids, with its moment, and without what asks nothing."""
        found: dict[str, JsonValue] = {}
        for name, value in _given(self.question).items():
            if isinstance(value, list):
                ids = [self.asked.named.get((name, str(one)), str(one)) for one in value]
                found[name] = [*dict.fromkeys(ids)]
            else:
                found[name] = value if isinstance(value, bool) else str(value)
        return {**found, "as_of": stamps.moment_text(self.scene.at)}

    def permalink(self, base_url: str) -> str:
        """Return the same question to the timeline."""
        return permalink_of(self.asked, parameters_of(self.question), self.scene, base_url)


@dataclass(frozen=True, slots=True)
class Answers:
    """The whole answer, its events as the timeline gives them."""

    items: list[bytes]
    timezone: str
    excluded: int


def settle_filter(connection: Connection, question: SnapshotFilter) -> Asking:
    """Return the question, settled; `InvalidRequestError` has pointers into the body."""
    try:
        refuse_future(question.as_of)
        return _settle(connection, question)
    except InvalidRequestError as error:
        raise InvalidRequestError(tuple(map(_in_body, error.fields))) from None


def ask(connection: Connection, asking: Asking, *, most: int) -> Answers | None:
    """Return the whole answer; `None` where it is of more than `most` events."""
    rows = rows_of(connection, asking.asked, asking.question.order, size=most + 1)
    if len(rows) > most:
        return None
    excluded = 0
    if not asking.asked.is_judged_by_stub:
        excluded = connection.execute(counts(asking.asked)).one()[1]
    return Answers(
        items=event_answers(connection, rows, asking.asked),
        timezone=asking.question.timezone or asking.scene.timezone,
        excluded=excluded,
    )


def ask_again(connection: Connection, kept: str, *, most: int) -> Reading | None:
    """Return what a kept question is answered now; `None` where it names what is not public any more."""
    asking = recall(connection, kept)
    answers = None if asking is None else ask(connection, asking, most=most)
    if answers is None:
        return None
    return Reading(tuple(map(decode, answers.items)), answers.timezone, answers.excluded)


def recall(connection: Connection, kept: str) -> Asking | None:
    """Return a kept question, settled anew; `None` where that cannot be done any more."""
    try:
        return _settle(connection, SnapshotFilter.model_validate_json(kept))
    except (ValidationError, InvalidRequestError):
        return None


def _settle(connection: Connection, question: SnapshotFilter) -> Asking:
    given = SnapshotFilter.model_validate({**_given(question), "as_of": question.as_of})
    scene = set_scene(connection, Audience.PUBLIC, Pin(given.as_of), case=None)
    return Asking(given, settle(connection, given, scene), scene)


def _given(question: SnapshotFilter) -> dict[str, object]:
    """Return the parameters that ask something, but for the moment."""
    return {
        name: value
        for name in sorted(question.model_fields_set - {"as_of"})
        if (value := getattr(question, name)) not in (None, [])
    }


def _in_body(problem: FieldProblem) -> FieldProblem:
    return FieldProblem(
        "body", f"/filter/{problem.name}", problem.message, problem.allowed, problem.did_you_mean
    )
