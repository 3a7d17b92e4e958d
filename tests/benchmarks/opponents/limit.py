"""The limit: a page of one case, by type and date, as fast as we know how to write it by hand.

One ASGI function over the sqlite3 module and the file that the application wrote: the
same rows, the same indexes, ready answers joined as bytes, the same envelope.  It knows
no other filter, checks nothing, hides nothing, and has no cache, ETag or cursor to read.

BENCHMARK_FILE=ours.sqlite uvicorn tests.benchmarks.opponents.limit:app
"""

import base64
import json
import os
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import parse_qs

import pysqlite3.dbapi2 as sqlite

Message = MutableMapping[str, Any]

LIMIT = 50
# What a date has that none was given for; such events are in no window.
UNDATED = 2**62
DAY = 86_400
UNIX_EPOCH = date(1970, 1, 1).toordinal()

CASE = """
SELECT records.id, cases.timezone, revisions.at
FROM records JOIN cases ON cases.seq = records.seq
JOIN revisions ON revisions.seq = (
    SELECT max(seq) FROM case_changes WHERE case_id = records.id AND is_public = 1
)
WHERE records.type = 'case' AND records.slug = ?
"""
# `end_latest` and `start_earliest`: a moment that its date allows lies in the window.
PAGE = """
SELECT events.ready, tie.position, tie.start_latest, tie.sequence, tie.event_id
FROM event_cases AS tie JOIN events ON events.seq = tie.seq
WHERE tie.case_id = ? AND tie.last_seq IS NULL
AND events.end_latest > ? AND events.start_earliest < ? AND events.type IN ({})
ORDER BY tie.position, tie.start_latest, tie.sequence, tie.event_id
LIMIT 51
"""


@cache
def connection() -> Any:  # noqa: ANN401 - the driver has no types
    """Return the one connection, opened by the first request."""
    opened = sqlite.connect(os.environ["BENCHMARK_FILE"], isolation_level=None)
    opened.execute("PRAGMA query_only = ON")
    opened.execute("PRAGMA cache_size = -65536")
    return opened


@cache
def statement(types: int) -> str:
    """Return the SELECT of a page for so many types."""
    return PAGE.format(", ".join("?" * types))


async def app(
    scope: Message,
    _receive: Callable[[], Awaitable[Message]],
    send: Callable[[Message], Awaitable[None]],
) -> None:
    """Answer `/v1/cases/{slug}/timeline?type=…&since=…&until=…`."""
    if scope["type"] != "http":
        return
    path, query = scope["path"], scope["query_string"].decode()
    body = page(path, query)
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def page(path: str, query: str) -> bytes:
    """Return the page as JSON."""
    given = parse_qs(query)
    read = connection()
    case, timezone, at = read.execute(CASE, (path.split("/")[3],)).fetchone()
    start = moment(given["since"][0])
    end = moment(given["until"][0]) + DAY
    types = given["type"]
    rows = read.execute(statement(len(types)), (case, start, end, *types)).fetchall()
    following = None
    if len(rows) > LIMIT:
        del rows[LIMIT:]
        key = base64.urlsafe_b64encode(json.dumps(rows[-1][1:]).encode()).decode()
        following = f"{path}?{query}&after={key}"
    as_of = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)).isoformat()
    tail = {
        "next": following,
        "previous": None,
        "total": None,
        "as_of": as_of,
        "permalink": f"/v1/cases/{case}/timeline?{query}&as_of={as_of}",
        "timezone": timezone,
        "excluded": 0,
    }
    return b'{"items":[' + b",".join([row[0] for row in rows]) + b"]," + json.dumps(tail).encode()[1:]


def moment(day: str) -> int:
    """Return the first second of a day, in UTC."""
    return (date.fromisoformat(day).toordinal() - UNIX_EPOCH) * DAY
