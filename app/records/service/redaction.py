"""Takes a person's name out of everything, history included: the one act that rewrites the log.

What a revision said of others stays, its digest too; where the name stood, a
label stands.  Every live record that held the name gets a revision of its own,
so that whoever follows the feed fetches it again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import JsonValue
from pydantic_core import from_json, to_json
from sqlalchemy import Column, Connection, Table, select, update

from app.core.db import Base
from app.core.errors import CaseNotAllowedError, FieldProblem, InvalidRequestError
from app.core.names import Names, slugify
from app.records import store
from app.records.documents import Document, decode, encode
from app.records.revisions import Act, Appended, Log, Prior, find_current
from app.records.service.acts import current, expect
from app.records.service.append import record
from app.records.store import AffectedCases
from app.records.tables import Record, Revision
from app.records.vocabulary import ChangeKind, Operation, RecordType, Visibility

BATCH = 500
# Members of documents and answers that hold words of closed sets, dates and ids, never a name.
# fmt: off
CODED: Final = frozenset({
    "id", "type", "kind", "role", "status", "standing", "visibility", "operation", "relation", "stance",
    "occurred", "edtf", "earliest", "latest", "display", "precision", "qualifier", "timezone", "published",
    "since", "until", "as_of", "at", "recorded_at", "last_corrected_at", "created_at", "order", "by",
    "date_match", "exclude_type", "exclude_standing", "format", "fields", "country", "from_country",
    "to_country", "court", "sha256", "digest", "actor", "source", "event", "into",
})
# fmt: on


@dataclass(frozen=True, slots=True)
class Redaction:
    """What a redaction did, and what to look for in the database's files."""

    appended: Appended
    slug: str
    rewritten: int
    # The name as it was written, wherever it was found.
    spellings: frozenset[str]


@dataclass(slots=True)
class _Rewritten:
    """The records of which some revision was rewritten, by type, and how many revisions there were."""

    ids: dict[RecordType, set[str]] = field(default_factory=dict)
    revisions: int = 0

    def add(self, record_type: RecordType, record_id: str) -> None:
        self.ids.setdefault(record_type, set()).add(record_id)
        self.revisions += 1

    def cases(self, connection: Connection) -> AffectedCases:
        """Return the cases of which some answer is another one now."""
        found = AffectedCases()
        for record_type, ids in self.ids.items():
            found |= store.cases_ever(connection, record_type, ids)
        return found


def redact(
    log: Log,
    actor_id: str,
    label: str,
    *,
    also: list[str],
    kind: ChangeKind,
    reason: str,
    expected: frozenset[int] | None = None,
) -> Redaction:
    """Put `label` in place of an actor's name, in every revision of every record.

    Its names and aliases of all times are taken out, and the spellings in `also`; a
    slug that shares a word with them is replaced.  Works on a retracted actor, too.
    Raises `InvalidRequestError` for a label that holds the name.
    """
    prior = current(log, actor_id)
    if prior.type is not RecordType.ACTOR:
        raise InvalidRequestError((FieldProblem("path", "actor", "Only actors have a name to take out."),))
    expect(prior, expected)
    people = store.family(log.connection, [actor_id])
    names = Names([*_names_of(log, people), *also], label)
    _refuse_useless(names, label, also)
    slug = _free_slug(log, names, actor_id)
    for row in log.connection.execute(select(Record.id, Record.slug).where(Record.id.in_(people))).all():
        if row.slug is not None and row.slug != slug:
            names.exact[row.slug] = slug
    rewritten = _rewrite_log(log, names, people, slug, redaction=log.seq + 1)
    _rewrite_other_texts(log.connection, names)
    act = Act(Operation.REDACT, kind, names.replace(reason))
    beyond = rewritten.cases(log.connection)
    if log.cases is not None and beyond.every - log.cases:
        raise CaseNotAllowedError(beyond.every - log.cases)
    appended = _append(log, prior, act, names, slug, beyond=beyond)
    _append_to_others(log, act, rewritten, but=people)
    return Redaction(appended, slug, rewritten.revisions, frozenset(names.found))


def _names_of(log: Log, people: frozenset[str]) -> Iterator[str]:
    documents = log.connection.execute(
        select(Revision.document).where(Revision.record_id.in_(people), Revision.document.is_not(None))
    ).scalars()
    for document in documents:
        actor = decode(document or b"{}")
        yield from (actor["name"], *actor["aliases"])


def _refuse_useless(names: Names, label: str, also: list[str]) -> None:
    problems = [
        FieldProblem("body", f"/also/{n}", "This has neither a letter nor a digit.")
        for n, spelling in enumerate(also)
        if not Names([spelling], "").words
    ]
    if names.replace(label) != label:
        problems.append(FieldProblem("body", "/label", "The label holds the name itself."))
    if problems:
        raise InvalidRequestError(tuple(problems))
    names.found.clear()


def _free_slug(log: Log, names: Names, actor_id: str) -> str:
    """Return the actor's slug: the one it has where that tells nothing of the name, else a new one."""
    slug: str | None = log.connection.execute(select(Record.slug).where(Record.id == actor_id)).scalar_one()
    if slug is not None and not names.words & set(slug.split("-")):
        return slug
    return _unused(log, RecordType.ACTOR, slugify(names.label))


def _unused(log: Log, record_type: RecordType, wanted: str) -> str:
    taken = set(
        log.connection.execute(
            select(Record.slug).where(Record.type == record_type.value, Record.slug.like(f"{wanted}%"))
        ).scalars()
    )
    return next(
        slug for n in range(1, len(taken) + 2) if (slug := wanted if n == 1 else f"{wanted}-{n}") not in taken
    )


def _rewrite_log(log: Log, names: Names, people: frozenset[str], slug: str, *, redaction: int) -> _Rewritten:
    """Rewrite every revision that holds the name; `redaction` is the change that does it."""
    connection = log.connection
    rewritten = _Rewritten()
    last = 0
    while True:
        rows = connection.execute(
            select(
                Revision.seq,
                Revision.record_id,
                Revision.record_type,
                Revision.document,
                Record.visibility.label("now"),
            )
            .join(Record, Record.id == Revision.record_id)
            .where(Revision.seq > last, Revision.document.is_not(None))
            .order_by(Revision.seq)
            .limit(BATCH)
        ).all()
        if not rows:
            return rewritten
        last = rows[-1].seq
        for row in rows:
            is_person = row.record_id in people
            if not is_person and not names.may_be_in(bytes(row.document).decode()):
                continue
            before = decode(row.document)
            after = (
                _unnamed(before, names, slug)
                if is_person
                else _without_doubles(names.replace_in(before, coded=CODED))
            )
            if not isinstance(after, dict) or after == before:
                continue
            _rewrite(connection, row, before, after, redaction=redaction)
            rewritten.add(RecordType(row.record_type), row.record_id)


def _without_doubles(document: JsonValue) -> JsonValue:
    """Return a document whose tags are again a set: two of them may have become one."""
    if isinstance(document, dict) and isinstance(tags := document.get("tags"), list):
        return {**document, "tags": list[JsonValue](sorted({str(tag) for tag in tags}))}
    return document


def _unnamed(actor: Document, names: Names, slug: str) -> Document:
    """Return an actor's document without its name."""
    external_id = actor["external_id"]
    return {
        **actor,
        "slug": slug,
        "name": names.label,
        "aliases": [],
        "external_id": None if external_id and _tells(names, external_id) else external_id,
        "visibility_reason": names.replace(actor["visibility_reason"] or "") or None,
    }


def _tells(names: Names, text: str) -> bool:
    return bool(Names([text], "").words & names.words)


def _rewrite(connection: Connection, row: Any, before: Document, after: Document, *, redaction: int) -> None:  # noqa: ANN401 - a row of the log
    record_type = RecordType(row.record_type)
    # Of the others, the index holds public ones only.
    is_indexed = record_type is RecordType.EVENT or row.now == Visibility.PUBLIC.value
    if is_indexed:
        store.remove_words(connection, record_type, row.seq, before)
    connection.execute(
        update(Revision).where(Revision.seq == row.seq).values(document=encode(after), redacted_seq=redaction)
    )
    store.rewrite_rows(connection, record_type, row.record_id, row.seq, after)
    if is_indexed:
        store.add_words(connection, record_type, row.seq, after)


def _append(log: Log, prior: Prior, act: Act, names: Names, slug: str, *, beyond: AffectedCases) -> Appended:
    """Append the act to the actor's own revisions, and free the slugs of those that were merged into it."""
    connection = log.connection
    merged = store.family(connection, [prior.id]) - {prior.id}
    connection.execute(update(Record).where(Record.id.in_(merged)).values(slug=None))
    document = None
    if prior.is_live and prior.document is not None:
        document = _unnamed(decode(prior.document), names, slug)
    else:
        connection.execute(update(Record).where(Record.id == prior.id).values(slug=slug))
    return record(log, prior.id, RecordType.ACTOR, act, prior=prior, document=document, beyond=beyond)


def _append_to_others(log: Log, act: Act, rewritten: _Rewritten, *, but: frozenset[str]) -> None:
    """Append the act to every other live record whose present document was rewritten."""
    for record_type, ids in rewritten.ids.items():
        for record_id in sorted(ids - but):
            prior = find_current(log.connection, record_id)
            if prior is None or not prior.is_live or prior.document is None:
                continue
            document = decode(prior.document)
            if "slug" in document:
                held = log.connection.execute(select(Record.slug).where(Record.id == record_id)).scalar_one()
                if held != document["slug"]:
                    document["slug"] = _unused(log, record_type, document["slug"])
            record(log, record_id, record_type, act, prior=prior, document=document)


def _rewrite_other_texts(connection: Connection, names: Names) -> None:
    """Rewrite the columns outside the log that are marked as holding what people wrote."""
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if column.info.get("free_text"):
                _rewrite_column(connection, table, column, names)


def _rewrite_column(connection: Connection, table: Table, column: Column[Any], names: Names) -> None:
    keys = list(table.primary_key.columns)
    rows = connection.execute(
        select(*keys, column.label("held")).where(column.is_not(None)), execution_options={"yield_per": BATCH}
    )
    found = []
    for row in rows:
        text = bytes(row.held).decode() if isinstance(row.held, bytes) else str(row.held)
        if names.may_be_in(text) and (after := _rewritten_text(text, names)) != text:
            found.append((row, after.encode() if isinstance(row.held, bytes) else after))
    for row, new in found:
        here = [key == value for key, value in zip(keys, row, strict=False)]
        connection.execute(update(table).where(*here).values({column: new}))


def _rewritten_text(text: str, names: Names) -> str:
    if text[:1] not in {"{", "["}:
        return names.replace(text)
    try:
        value = from_json(text)
    except ValueError:
        return names.replace(text)
    return to_json(names.replace_in(value, coded=CODED)).decode()
