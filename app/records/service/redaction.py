"""Takes a person's name out of everything, history included: the one act that rewrites the log.

What a revision said of others stays, its digest too; where the name stood, a
label stands.  Every live record that held the name gets a revision of its own,
so that whoever follows the feed fetches it again.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from pydantic_core import from_json, to_json
from sqlalchemy import Column, Connection, Table, select, update

from app.core.db import Base
from app.core.errors import CaseNotAllowedError, FieldProblem, InvalidRequestError
from app.core.names import Names
from app.records import store
from app.records.documents import Document, decode, encode
from app.records.revisions import Act, Appended, Log, find_current
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
    "finding", "date_match", "exclude_type", "exclude_standing", "format", "fields", "country",
    "from_country", "to_country", "court", "sha256", "digest", "reported_until", "bbox", "due", "recurrence",
    "effect",
})
# Members that name a record, by its id or its slug.
REFERENCES: Final = frozenset({"actor", "source", "event", "into", "case", "exclude_case", "bound"})
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
    # Was one of them seen by the public, and may it still be?
    is_public: bool = False

    def add(self, row: Any) -> None:  # noqa: ANN401 - a row of the log
        self.ids.setdefault(RecordType(row.record_type), set()).add(row.record_id)
        self.revisions += 1
        self.is_public |= row.public_seq is not None and row.now != Visibility.RESTRICTED.value

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

    Its names and aliases of all times are taken out, those of the records merged into it
    too, and the spellings in `also`; a slug that shares a word with them is replaced, and
    is taken for a spelling where it has several words.  Works on a retracted actor, too.
    Raises `InvalidRequestError` for a label that holds the name.
    """
    prior = current(log, actor_id)
    if prior.type is not RecordType.ACTOR:
        raise InvalidRequestError((FieldProblem("path", "actor", "Only actors have a name to take out."),))
    expect(prior, expected)
    people = store.family(log.connection, [actor_id])
    own, slugs = _known_as(log, people, label)
    telling = set().union(*(Names([one], "").words for one in (*own, *also)))
    spelt = (slug for slug in slugs if "-" in slug and telling & set(slug.split("-")))
    spellings = [*own, *also, *sorted(spelt)]
    _refuse_useless(spellings, label, also)
    names = Names(spellings, label)
    addresses = _Addresses(log, names)
    # The plain one is for whom it is about, and not for a record that was merged into it.
    addresses.slug_for(actor_id)
    rewritten = _rewrite_log(addresses, people, redaction=log.seq + 1)
    _rewrite_other_texts(log.connection, names)
    act = Act(Operation.REDACT, kind, names.replace(reason))
    beyond = rewritten.cases(log.connection)
    if log.cases is not None and beyond.every - log.cases:
        raise CaseNotAllowedError(beyond.every - log.cases)
    now = find_current(log.connection, actor_id) or prior
    document = decode(now.document) if now.is_live and now.document is not None else None
    appended = record(
        log,
        actor_id,
        RecordType.ACTOR,
        act,
        prior=now,
        document=document,
        beyond=beyond,
        # Of a record that is withdrawn, too, there are answers of the past to be fetched again.
        is_told=rewritten.is_public,
    )
    _append_to_others(log, act, rewritten, but=people)
    slug = log.connection.execute(select(Record.slug).where(Record.id == actor_id)).scalar_one() or ""
    return Redaction(appended, slug, rewritten.revisions, frozenset(names.found))


def _known_as(log: Log, people: frozenset[str], label: str) -> tuple[list[str], set[str]]:
    """Return the names and aliases of some actors at all times, and their slugs.

    Not a label that was put there by a redaction before this one, and is to stay.
    """
    rows = log.connection.execute(
        select(Revision.document, Revision.redacted_seq)
        .where(Revision.record_id.in_(people), Revision.document.is_not(None))
        .order_by(Revision.seq)
    ).all()
    names: list[str] = []
    slugs: set[str] = set()
    is_labelled = False
    for row in rows:
        actor = decode(row.document or b"{}")
        is_labelled |= row.redacted_seq is not None and actor["name"] == label
        names += [actor["name"], *actor["aliases"]]
        slugs.add(actor["slug"])
    return [name for name in dict.fromkeys(names) if not (is_labelled and name == label)], slugs


def _refuse_useless(spellings: list[str], label: str, also: list[str]) -> None:
    problems = [
        FieldProblem("body", f"/also/{n}", "This has neither a letter nor a digit.")
        for n, spelling in enumerate(also)
        if not Names([spelling], "").words
    ]
    if Names(spellings, "").replace(label) != label:
        problems.append(FieldProblem("body", "/label", "The label holds the name itself."))
    if problems:
        raise InvalidRequestError(tuple(problems))


@dataclass(slots=True)
class _Addresses:
    """The slugs and external ids that hold the name, and what each of them is from now on."""

    log: Log
    names: Names
    # By record, column and old address, the new one.
    _given: dict[tuple[str, str, str], str] = field(default_factory=dict)

    def rename(self, row: Any, old: Document, new: Document, *, is_person: bool) -> Document:  # noqa: ANN401 - a row of the log
        """Return the document `new` with the addresses of `old`, renamed where they hold the name."""
        renamed = {**new, "external_id": self._external_id(row, old["external_id"], is_person=is_person)}
        if "slug" in old:
            slug = old["slug"]
            if is_person:
                renamed["slug"] = self._slug_of_person(row, slug)
            else:
                renamed["slug"] = self._settle(row, "slug", slug, self.names.replace_spellings(slug))
        return renamed

    def _slug_of_person(self, row: Any, slug: str) -> str:  # noqa: ANN401 - a row of the log
        if not self.names.words & set(slug.split("-")):
            return slug
        # The same one in place of all that it ever had.
        new = self.slug_for(row.record_id)
        self.names.found.add(slug)
        self._note(row, "slug", slug, new)
        if slug not in self._taken(row.record_type, "slug", slug):
            self.names.exact[slug] = new
        return new

    def slug_for(self, person: str) -> str:
        """Return the slug of a person that had a telling one."""
        return self._give((person, "slug", ""), RecordType.ACTOR.value, self.names.slug)

    def _external_id(self, row: Any, old: str | None, *, is_person: bool) -> str | None:  # noqa: ANN401 - a row of the log
        if old is None:
            return None
        if not is_person:
            return self._settle(row, "external_id", old, self.names.replace_spellings(old))
        if not Names([old], "").words & self.names.words:
            return old
        self.names.found.add(old)
        self._note(row, "external_id", old, None)
        return None

    def _settle(self, row: Any, column: str, old: str, wanted: str) -> str:  # noqa: ANN401 - a row of the log
        if wanted == old:
            return old
        new = self._give((row.record_id, column, old), row.record_type, wanted)
        self.names.found.add(old)
        self._note(row, column, old, new)
        return new

    def _give(self, known: tuple[str, str, str], record_type: str, wanted: str) -> str:
        if known not in self._given:
            taken = self._taken(record_type, known[1], wanted) | set(self._given.values())
            numbered = (wanted if n == 1 else f"{wanted}-{n}" for n in range(1, len(taken) + 2))
            self._given[known] = next(one for one in numbered if one not in taken)
        return self._given[known]

    def _taken(self, record_type: str, column: str, wanted: str) -> set[str]:
        """Return the addresses in use that are or begin with the wanted one."""
        held = getattr(Record, column)
        is_like = held.startswith(wanted, autoescape=True)
        return set(
            self.log.connection.execute(select(held).where(Record.type == record_type, is_like)).scalars()
        )

    def _note(self, row: Any, column: str, old: str, new: str | None) -> None:  # noqa: ANN401 - a row of the log
        held = getattr(Record, column)
        self.log.connection.execute(
            update(Record).where(Record.id == row.record_id, held == old).values({column: new})
        )


def _rewrite_log(addresses: _Addresses, people: frozenset[str], *, redaction: int) -> _Rewritten:
    """Rewrite every revision that holds the name; `redaction` is the change that does it."""
    connection, names = addresses.log.connection, addresses.names
    rewritten = _Rewritten()
    last = 0
    while True:
        rows = connection.execute(
            select(
                Revision.seq,
                Revision.record_id,
                Revision.record_type,
                Revision.document,
                Revision.public_seq,
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
            after = _unnamed(before, names) if is_person else _without_name(before, names)
            after = addresses.rename(row, before, after, is_person=is_person)
            if after == before:
                continue
            _rewrite(connection, row, before, after, redaction=redaction)
            rewritten.add(row)


def _without_name(document: Document, names: Names) -> Document:
    """Return the document of somebody or something else without the name."""
    after = names.replace_in(document, coded=CODED, references=REFERENCES)
    if not isinstance(after, dict):
        return document
    # Two tags may have become one, and they are a set.
    tags = after.get("tags")
    return {**after, "tags": sorted({str(tag) for tag in tags})} if isinstance(tags, list) else after


def _unnamed(actor: Document, names: Names) -> Document:
    """Return an actor's document without its name."""
    reason = actor["visibility_reason"]
    return {
        **actor,
        "name": names.label,
        "aliases": [],
        "visibility_reason": names.replace(reason) if reason else reason,
    }


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


def _append_to_others(log: Log, act: Act, rewritten: _Rewritten, *, but: frozenset[str]) -> None:
    """Append the act to every other live record whose present document was rewritten."""
    for record_type, ids in rewritten.ids.items():
        for record_id in sorted(ids - but):
            prior = find_current(log.connection, record_id)
            if prior is None or not prior.is_live or prior.document is None:
                continue
            record(log, record_id, record_type, act, prior=prior, document=decode(prior.document))


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
    return to_json(names.replace_in(value, coded=CODED, references=REFERENCES)).decode()
