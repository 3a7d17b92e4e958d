"""From what was typed to what is asked: ids for references, bounds for dates, terms for words."""

from collections.abc import Collection, Sequence
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, Select, and_, select
from sqlalchemy.orm import aliased

from app.core.edtf import OPEN_LATEST, EdtfError, Window, WindowError, parse_window
from app.core.errors import FieldProblem, InvalidRequestError
from app.records.references import called
from app.records.revisions import View, as_of, nameable, survivor_of, visible
from app.records.search import parse_question
from app.records.tables import Merge, Record, Revision
from app.records.vocabulary import RecordType, Visibility
from app.timeline.compiled import names_of, parameter, run
from app.timeline.filters import EventFilter, is_judged_by_stub, parse_bbox
from app.timeline.query import Asked
from app.timeline.scene import Scene

# The parameters that name records, and what they name.
REFERENCES = {
    "actor": RecordType.ACTOR,
    "source": RecordType.SOURCE,
    "case": RecordType.CASE,
    "exclude_case": RecordType.CASE,
}


def references_of(question: EventFilter) -> list[str]:
    """Return the ids and slugs that a question names records by."""
    return [value for name in REFERENCES for value in getattr(question, name, [])]


def settle(connection: Connection, question: EventFilter, scene: Scene) -> Asked:
    """Return the filter with everything settled; `InvalidRequestError` names what cannot be."""
    zone = question.timezone or scene.timezone
    references = {name: getattr(question, name, []) for name in REFERENCES}
    ids, named = _resolve(connection, references, scene.view)
    return Asked(
        view=scene.view,
        dialect=connection.dialect.name,
        case_id=scene.case_id,
        cases=ids["case"] if references["case"] else None,
        exclude_cases=ids["exclude_case"],
        types=tuple(question.type),
        exclude_types=tuple(question.exclude_type),
        actors=ids["actor"] if question.actor else None,
        roles=tuple(question.role),
        dockets=tuple(question.docket),
        countries=tuple(question.country),
        bbox=parse_bbox(question.bbox) if question.bbox else None,
        sources=ids["source"] if question.source else None,
        publishers=tuple(question.publisher),
        tags=tuple(question.tag),
        standings=tuple(question.standing),
        exclude_standings=tuple(question.exclude_standing),
        relations=tuple(question.relation),
        unanswered=question.unanswered,
        terms=None if question.q is None else parse_question(question.q),
        window=_window(question, zone),
        date_match=question.date_match,
        include_undated=question.include_undated,
        reported_before=_reported_before(question.reported_until),
        named=named,
        is_judged_by_stub=is_judged_by_stub(question),
    )


def _window(question: EventFilter, zone: str) -> Window:
    try:
        return parse_window(question.since, question.until, zone)
    except WindowError as error:
        name = "timezone" if "time zone" in str(error) else error.name
        raise InvalidRequestError((FieldProblem("query", name, str(error)),)) from None


def _reported_before(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        # Days of publication have no time zone: they are compared as days.
        latest = parse_window(None, text, "UTC").end
    except EdtfError as error:
        raise InvalidRequestError((FieldProblem("query", "reported_until", str(error)),)) from None
    return OPEN_LATEST if latest is None else latest


def _resolve(
    connection: Connection, references: dict[str, Sequence[str]], view: View
) -> tuple[dict[str, tuple[str, ...]], dict[tuple[str, str], str]]:
    """Return the ids each parameter stands for, those that were merged with them included.

    And the one id of each value, by parameter and value.
    """
    named: dict[tuple[str, str], str] = {}
    found: dict[str, tuple[str, ...]] = dict.fromkeys(references, ())
    wanted = {value for values in references.values() for value in values}
    if not wanted:
        return found, named
    rows = _families(connection, wanted, view)
    problems: list[FieldProblem] = []
    for name, values in references.items():
        ids: list[str] = []
        for value in values:
            kind = REFERENCES[name].value
            matches = [row for row in rows if row.type == kind and row.reference == value]
            if not matches:
                message = f"There is no {REFERENCES[name].value} {value!r}."
                problems.append(FieldProblem("query", name, message))
                continue
            named[name, value] = matches[0].id
            for match in matches:
                ids += [match.survivor] if match.member is None else [match.survivor, match.member]
        found[name] = tuple(dict.fromkeys(ids))
    if problems:
        raise InvalidRequestError(tuple(problems))
    return found, named


def _families(connection: Connection, wanted: Collection[str], view: View) -> list[Any]:
    """Return the records of those ids and slugs with what they are called by, and who else is.

    A row for each member of the family, as of the view's change; none for a record that
    the reader may not know of, or whose survivor the reader may not know of.
    """
    names = names_of("wanted", wanted)
    is_now = view.seq is None
    shaped = View(view.audience, None if is_now else cast("int", parameter("seq")))
    return list(
        run(
            connection,
            ("families", view.audience, is_now, len(names)),
            lambda: _select_families([parameter(name) for name in names], shaped),
            {**names, "seq": view.seq},
        )
    )


def _select_families(wanted: Collection[ColumnElement[str]], view: View) -> Select[*tuple[Any, ...]]:
    survivor = survivor_of(Record.id, view)
    meant = called(wanted, view.seq).subquery()
    revision, record, member = aliased(Revision), aliased(Record), aliased(Merge)
    return (
        select(
            Record.id,
            Record.type,
            meant.c.reference,
            survivor.label("survivor"),
            member.id.label("member"),
        )
        .select_from(Record)
        .join(meant, meant.c.id == Record.id)
        .join(revision, revision.record_id == survivor)
        .join(record, record.id == survivor)
        .outerjoin(
            member,
            and_(
                member.survivor_id == survivor,
                *as_of(member, view.seq),
                *visible(member, view),
            ),
        )
        .where(
            *((Record.visibility == Visibility.PUBLIC.value,) if view.is_public else ()),
            *as_of(revision, view.seq),
            *nameable(revision, record, view),
        )
    )
