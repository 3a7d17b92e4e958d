"""The allegations of a case, by how they stand.

How each one stands follows from positions that are seen, so all of a case are
judged before the page is cut; a case has tens of them, not thousands.
"""

from collections import Counter
from collections.abc import Iterator

from sqlalchemy import Connection, select

from app.access.audience import Audience
from app.allegations.answers import Answer, Asked, load_allegations, page_of, reported_before, settle
from app.allegations.questions import AllegationsQuestion
from app.core.http import etag_matches
from app.core.paging import link
from app.records.documents import Document, allegation_answer, encode, read_revision
from app.records.revisions import as_of, visible
from app.records.tables import Allegation
from app.records.vocabulary import AllegationStanding


def list_allegations(
    connection: Connection,
    audience: Audience,
    case: str,
    question: AllegationsQuestion,
    *,
    base: str,
    if_none_match: str | None,
) -> Answer:
    """Return one page of the allegations of a case, in the order of their texts."""
    path = f"{base}/v1/cases/{case}/allegations"
    asked = settle(connection, audience, question, path=path, case=case, as_of=question.as_of, key=(str, str))
    before = reported_before(question.reported_until)
    if etag_matches(if_none_match, asked.etag):
        return Answer(asked.etag, None)
    judged = list(_judged(connection, asked, before))
    chosen = [one for one in judged if not question.standing or one[1]["standing"] in question.standing]
    rows, tail = page_of(
        asked,
        _from_cursor(asked, chosen),
        key_of=lambda row: row[0],
        permalink=f"{base}/v1/cases/{asked.scene.case_id}/allegations",
        total=None if question.total is None else len(chosen),
    )
    items = [answer for _, answer in rows]
    body = encode({"items": items, **tail, "facets": [_facet(asked, judged)]})
    return Answer(asked.etag, body, tail["next"], tail["previous"])


def _judged(
    connection: Connection, asked: Asked, before: int | None
) -> Iterator[tuple[tuple[str, str], Document]]:
    """Yield every allegation of the case that the reader sees, with what it sorts by."""
    view = asked.view
    rows = connection.execute(
        select(Allegation.seq, Allegation.id, Allegation.sort_name)
        .where(
            Allegation.case_id == asked.scene.case_id,
            *as_of(Allegation, view.seq),
            *visible(Allegation, view),
        )
        .order_by(Allegation.sort_name, Allegation.id)
    ).all()
    found, stubs = load_allegations(connection, [row.seq for row in rows], view)
    for row in rows:
        revision, document = found[row.seq]
        envelope = read_revision(revision, view, revision.now)
        answer = allegation_answer(document, envelope, stubs, reported_before=before)
        yield (row.sort_name, row.id), answer


def _from_cursor(
    asked: Asked, chosen: list[tuple[tuple[str, str], Document]]
) -> list[tuple[tuple[str, str], Document]]:
    """Return the allegations from the cursor on, in the direction the page is read."""
    if asked.cursor is None:
        return chosen
    # Python sorts texts as both databases are told to: by code points.
    here = asked.cursor.key
    if asked.is_backwards:
        return [one for one in reversed(chosen) if one[0] < here]
    return [one for one in chosen if one[0] > here]


def _facet(asked: Asked, judged: list[tuple[tuple[str, str], Document]]) -> Document:
    """Return how many allegations stand how, whatever standing is asked for."""
    counts = Counter(answer["standing"] for _, answer in judged)
    kept = [one for one in asked.parameters if one[0] not in {"standing", "after", "limit", "total"}]
    return {
        "by": "standing",
        "values": [
            {
                "value": one.value,
                "label": one.value,
                "count": counts[one],
                "url": link(asked.path, [*kept, ("standing", one.value)]),
            }
            for one in AllegationStanding
            if counts[one]
        ],
    }
