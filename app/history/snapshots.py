"""Snapshots: timelines put on record as bytes, and what has become of them.

A snapshot is of what the public saw, whoever makes or reads it.  Its digest is
of the whole body that `GET` answers.  Reading one never writes: what is hidden
now is left out in passing, so that the kept bytes come back when it is shown again.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, func, insert, literal, select

from app.access.audience import Audience
from app.core import stamps
from app.core.errors import FieldProblem, InvalidRequestError, RecordNotFoundError
from app.core.http import etag_matches, etag_of
from app.history.asking import ask, ask_again, recall, settle_filter
from app.history.causes import told
from app.history.filters import SnapshotFilter
from app.history.kept import Envelope, Reading, Served, Since, first_bytes, serve, serve_less
from app.history.tables import Snapshot
from app.records.documents import decode, encode
from app.records.revisions import View
from app.records.tables import Installation, Record, Revision
from app.records.vocabulary import Operation, Visibility

MOST_EVENTS: Final = 5_000
# What was hidden then may be shown now: asked again, a question may find more.
MOST_AGAIN: Final = 2 * MOST_EVENTS
HIDDEN: Final = "A record in it is not public any more."
UNNAMED: Final = "A name was taken out of it."


@dataclass(frozen=True, slots=True)
class SnapshotAnswer:
    """A rendered answer; `body` is `None` where the client already holds it."""

    etag: str
    body: bytes | None
    # SHA-256 of the body.
    digest: bytes = b""


@dataclass(frozen=True, slots=True)
class Made:
    """A snapshot that was just made."""

    id: str
    etag: str
    body: bytes


def make_snapshot(connection: Connection, question: SnapshotFilter, *, author: str, base_url: str) -> Made:
    """Put the whole public answer to a question on record.

    Raises `InvalidRequestError`, whose fields are pointers into the body, for a
    question that cannot be asked or that finds more than `MOST_EVENTS` events.
    """
    asking = settle_filter(connection, question)
    answer = ask(connection, asking, most=MOST_EVENTS)
    if answer is None:
        message = f"This finds more than {MOST_EVENTS:,} events: narrow it."
        raise InvalidRequestError((FieldProblem("body", "/filter", message),))
    snapshot_id = stamps.new_id("snp")
    envelope = Envelope(
        id=snapshot_id,
        created_at=stamps.utc_now(),
        filter=asking.filter_by_ids(),
        as_of=asking.scene.at,
        permalink=f"{base_url}/v1/snapshots/{snapshot_id}",
    )
    body = first_bytes(envelope, answer.items, timezone=answer.timezone, excluded=answer.excluded)
    digest = hashlib.sha256(body).hexdigest()
    newest = connection.execute(select(func.max(Revision.seq))).scalar_one()
    connection.execute(
        insert(Snapshot).values(
            id=snapshot_id,
            filter=encode(envelope.filter).decode(),
            public_seq=asking.scene.reader_seq,
            as_of=asking.scene.at,
            made_seq=newest or 0,
            at=envelope.created_at,
            author=author,
            digest=digest,
            body=body,
        )
    )
    made = {
        "id": snapshot_id,
        "sha256": digest,
        "created_at": stamps.moment_text(envelope.created_at),
        "as_of": stamps.moment_text(envelope.as_of),
        "seq": asking.scene.reader_seq,
        "events": len(answer.items),
    }
    return Made(snapshot_id, _etag(connection, snapshot_id, digest), encode(made))


def read_snapshot(connection: Connection, snapshot_id: str, *, if_none_match: str | None) -> SnapshotAnswer:
    """Return a snapshot as it may be shown now; `RecordNotFoundError` when there is none of that id."""
    row = _find(connection, snapshot_id)
    etag = _etag(connection, snapshot_id, hashlib.sha256(row.body).hexdigest())
    if etag_matches(if_none_match, etag):
        return SnapshotAnswer(etag, None)
    served = _serve(connection, row)
    return SnapshotAnswer(etag, served.body, hashlib.sha256(served.body).digest())


def verify_snapshot(
    connection: Connection, snapshot_id: str, *, base_url: str, if_none_match: str | None
) -> SnapshotAnswer:
    """Return what a snapshot is worth now, compared with the log; `RecordNotFoundError` as above."""
    row = _find(connection, snapshot_id)
    kept = hashlib.sha256(row.body).hexdigest()
    etag = _etag(connection, snapshot_id, kept, "verify", base_url)
    if etag_matches(if_none_match, etag):
        return SnapshotAnswer(etag, None)
    served = _serve(connection, row)
    timeline = served.document["timeline"]
    again = ask_again(connection, row.filter, most=MOST_AGAIN)
    reading = None if timeline is None else Reading.of(timeline)
    is_intact = served.redacted is not None or kept == row.digest
    # What is withdrawn may be what the question names.
    asking = None if served.withdrawn else recall(connection, row.filter)
    body = encode(
        {
            "id": snapshot_id,
            "sha256": hashlib.sha256(served.body).hexdigest(),
            "original_sha256": row.digest,
            "created_at": stamps.moment_text(row.at),
            "as_of": stamps.moment_text(row.as_of),
            "seq": row.public_seq,
            "events": 0 if reading is None else len(reading.items),
            "permalink": asking.permalink(base_url) if asking else None,
            "matches": is_intact and reading == again,
            "redacted": served.redacted.as_json() if served.redacted else None,
            "withdrawn": served.withdrawn.as_json() if served.withdrawn else None,
        }
    )
    return SnapshotAnswer(etag, body, hashlib.sha256(body).digest())


def _find(connection: Connection, snapshot_id: str) -> Any:  # noqa: ANN401 - a row of the snapshots
    row = connection.execute(
        select(*Snapshot.__table__.columns).where(Snapshot.id == snapshot_id)
    ).one_or_none()
    if row is None:
        raise RecordNotFoundError("snapshot", snapshot_id)
    return row


def _etag(connection: Connection, *parts: str) -> str:
    """Return a tag that changes with the kept bytes, and with what the public may see of the past."""
    rewritten = select(func.max(Revision.public_seq)).where(Revision.alters_past == literal(1))
    epoch, newest = connection.execute(
        select(Installation.epoch, rewritten.scalar_subquery()).where(Installation.id == 1)
    ).one()
    return etag_of(epoch, "snapshot", str(newest or 0), *parts)


def _serve(connection: Connection, row: Any) -> Served:  # noqa: ANN401 - a row of the snapshots
    """Return the snapshot as it may be shown now.

    The log is asked again only where something was hidden since and still is.
    """
    is_rewritten = hashlib.sha256(row.body).hexdigest() != row.digest
    served = serve(bytes(row.body), redacted=_redaction(connection, row.made_seq) if is_rewritten else None)
    if _last_hidden(connection, row.made_seq) is None:
        return served
    again = ask_again(connection, row.filter, most=MOST_AGAIN)
    kept = Reading.of(served.document["timeline"])
    if again is not None and not again.is_less_than(kept):
        return served
    lost = kept.ids() if again is None else again.lacks(kept)
    since = _last_hidden(connection, row.made_seq, among=lost) or _last_hidden(connection, row.made_seq)
    return serve_less(served, again, since or Since(None, HIDDEN))


def _last_hidden(
    connection: Connection, made_seq: int, *, among: Collection[str] | None = None
) -> Since | None:
    """Return the newest act since by which a record came to be hidden that still is; `None` for none.

    `among` are the ids of the records to look at.  Of a record of which the existence
    is shown the reason is public; of any other it is not.
    """
    where: list[ColumnElement[bool]] = [
        Revision.alters_past == literal(1),
        Revision.public_seq.is_not(None),
        Revision.seq > made_seq,
        Record.visibility != Visibility.PUBLIC.value,
    ]
    if among is not None:
        where.append(Revision.record_id.in_(among))
    row = connection.execute(
        select(Revision.at, Revision.document, Record.visibility)
        .join(Record, Record.id == Revision.record_id)
        .where(*where)
        .order_by(Revision.seq.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    is_stub = row.visibility == Visibility.EXISTENCE_ONLY.value and row.document is not None
    reason: str | None = decode(row.document)["visibility_reason"] if is_stub else None
    return Since(row.at, reason or HIDDEN)


def _redaction(connection: Connection, made_seq: int) -> Since | None:
    """Return the newest redaction since, as the public is told of it; `None` where there was none."""
    row = connection.execute(
        select(Revision.at, Revision.reason)
        .join(Record, Record.id == Revision.record_id)
        .where(
            Revision.operation == Operation.REDACT.value,
            Revision.seq > made_seq,
            *told(Revision, Record, View(Audience.PUBLIC)),
        )
        .order_by(Revision.seq.desc())
        .limit(1)
    ).first()
    if row is not None:
        return Since(row.at, row.reason or UNNAMED)
    at = connection.execute(
        select(func.max(Revision.at)).where(
            Revision.operation == Operation.REDACT.value, Revision.seq > made_seq
        )
    ).scalar()
    return None if at is None else Since(at, UNNAMED)
