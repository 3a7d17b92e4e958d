"""The chain of hashes: anyone can recompute it, and what was tampered with is found."""

import hashlib
import json
from itertools import pairwise

import pytest
from pydantic import JsonValue
from sqlalchemy import update
from starlette.testclient import TestClient

from app.access.audience import Audience
from app.access.keys import Scope
from app.changes import verify
from app.core.db import Database
from app.records.revisions import Log
from app.records.service import redact
from app.records.tables import Revision
from app.records.vocabulary import ChangeKind
from tests.support.editing import change, make_actor, make_case, make_event, restore, withdraw
from tests.support.keys import make_key

FIELDS = ("seq", "at", "operation", "record", "revision", "digest")


def answer(
    client: TestClient, query: str = "", headers: dict[str, str] | None = None
) -> dict[str, JsonValue]:
    found = client.get(f"/v1/changes/verify{query}", headers=headers or {})
    assert found.status_code == 200, found.text
    assert found.headers["cache-control"] == "no-store"
    verified: dict[str, JsonValue] = found.json()
    return verified


def make_history(database: Database) -> str:
    """Make six public changes, and as many hidden ones between them; return an event."""
    make_case(database)
    make_actor(database, "secret", visibility="restricted")
    meeting = make_event(database, "2025")
    secret = make_event(database, "2025", visibility="restricted")
    change(database, meeting, ChangeKind.CORRECTION, title="As it was")
    change(database, secret, title="As it was, too")
    withdraw(database, meeting)
    withdraw(database, secret)
    restore(database, meeting)
    restore(database, secret)
    make_event(database, "2026")
    make_event(database, "2026", visibility="restricted")
    return meeting


def tamper(database: Database, place: int, **values: object) -> None:
    """Change a row of the log as whoever holds the file could."""
    with database.write() as connection:
        connection.execute(update(Revision).where(Revision.public_seq == place).values(**values))


def test_anyone_can_recompute_the_chain_from_the_feed(database: Database, client: TestClient) -> None:
    make_history(database)

    for headers, number in (({}, 6), (make_key(database, Scope.READ), 12)):
        rows = client.get("/v1/changes?limit=500", headers=headers).json()["items"]
        known = "0" * 64
        for row in rows:
            content = [known, *(row[field] for field in FIELDS)]
            text = json.dumps(content, separators=(",", ":"), ensure_ascii=False)
            known = hashlib.sha256(text.encode()).hexdigest()
            assert known == row["hash"]
        assert answer(client, headers=headers) == {
            "from": 1,
            "to": number,
            "checked": number,
            "valid": True,
            "first_invalid": None,
            "head": {"seq": number, "hash": known},
            "redacted": 0,
        }


def test_a_hidden_row_is_taken_at_its_word(database: Database, client: TestClient) -> None:
    make_case(database)
    secret = make_event(database, "2025")
    make_event(database, "2026")
    change(database, secret, visibility="restricted")
    make_event(database, "2027")

    rows = client.get("/v1/changes").json()["items"]
    assert [row["record"] is None for row in rows] == [False, True, False, True, False]
    for before, row in pairwise(rows):
        if row["record"] is not None:
            text = json.dumps([before["hash"], *(row[field] for field in FIELDS)], separators=(",", ":"))
            assert hashlib.sha256(text.encode()).hexdigest() == row["hash"]
    assert answer(client)["valid"] is True


def test_an_empty_log_is_valid(client: TestClient) -> None:
    assert answer(client) == {
        "from": 1,
        "to": 0,
        "checked": 0,
        "valid": True,
        "first_invalid": None,
        "head": {"seq": 0, "hash": "0" * 64},
        "redacted": 0,
    }


@pytest.mark.parametrize(
    ("values", "what"),
    [
        ({"document": b'{"title":"another"}'}, "document"),
        ({"document": None}, "document"),
        ({"digest": "0" * 64, "public_digest": "0" * 64}, "hash"),
        ({"operation": "create"}, "hash"),
        ({"number": 17}, "hash"),
        ({"public_hash": "0" * 64}, "hash"),
        # A tampering that calls itself a redaction names a change that is none.
        ({"document": b'{"title":"another"}', "redacted_seq": 1}, "document"),
    ],
)
def test_what_was_tampered_with_is_found(
    database: Database, client: TestClient, values: dict[str, object], what: str
) -> None:
    make_history(database)
    tamper(database, 3, **values)

    found = answer(client)
    assert (found["valid"], found["first_invalid"]) == (False, {"seq": 3, "what": what})
    assert found["checked"] == 3
    assert answer(client, "?from=1&to=2")["valid"] is True


def test_a_row_that_changed_its_place_is_found(database: Database, client: TestClient) -> None:
    make_history(database)
    for place, new_place in ((3, 99), (4, 3), (99, 4)):
        tamper(database, place, public_seq=new_place)

    assert answer(client)["first_invalid"] == {"seq": 3, "what": "hash"}


def test_a_row_that_is_gone_is_found(database: Database, client: TestClient) -> None:
    make_history(database)
    with database.write() as connection:
        connection.execute(update(Revision).where(Revision.public_seq == 4).values(public_seq=None))
    assert answer(client)["first_invalid"] == {"seq": 4, "what": "missing"}

    key = make_key(database, Scope.READ)
    assert answer(client, headers=key)["valid"] is True


def test_a_key_finds_what_is_wrong_with_hidden_rows(database: Database, client: TestClient) -> None:
    make_history(database)
    key = make_key(database, Scope.READ)
    with database.write() as connection:
        connection.execute(update(Revision).where(Revision.seq == 4).values(document=b"{}"))

    assert answer(client, headers=key)["first_invalid"] == {"seq": 4, "what": "document"}
    assert answer(client)["valid"] is True


def test_a_redaction_breaks_no_chain_and_is_counted(database: Database, client: TestClient) -> None:
    make_case(database)
    judge = make_actor(database, "jane-roe", name="Jane Roe")
    make_event(database, "2025", title="Jane Roe speaks")
    before = client.get("/v1/changes").json()["items"]
    with database.write() as connection:
        log = Log(connection, author="test")
        redact(log, judge, "Plaintiff A", also=[], kind=ChangeKind.CORRECTION, reason="By order.")

    found = answer(client)
    assert (found["valid"], found["redacted"]) == (True, 2)
    after = client.get("/v1/changes").json()["items"]
    assert after[:3] == before
    assert "redact" in {row["operation"] for row in after[3:]}


def test_a_part_of_the_log_is_verified_from_the_hash_before_it(
    database: Database, client: TestClient
) -> None:
    make_history(database)

    found = answer(client, "?from=3&to=5")
    assert (found["from"], found["to"], found["checked"], found["valid"]) == (3, 5, 3, True)
    assert found["head"]["seq"] == 6  # type: ignore[index, call-overload]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("from=0", "from"),
        ("from=7", "from"),
        ("to=7", "to"),
        ("from=5&to=3", "to"),
        ("from=1&to=100001", "to"),
        ("from=x", "from"),
        ("start=1", "start"),
    ],
)
def test_a_part_that_there_is_not_is_refused(
    database: Database, client: TestClient, query: str, name: str
) -> None:
    make_history(database)

    refusal = client.get(f"/v1/changes/verify?{query}")
    assert (refusal.status_code, refusal.json()["errors"][0]["name"]) == (422, name)


def test_a_long_log_is_verified_in_batches(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    make_history(database)
    monkeypatch.setattr(verify, "BATCH", 2)

    with database.read() as connection:
        every = verify.verify_log(connection, Audience.KEYS)
        some = verify.verify_log(connection, Audience.PUBLIC, first=2, at_most=3)
    assert (every.checked, every.first_invalid, every.last) == (12, None, 12)
    assert (some.first, some.last, some.checked, some.first_invalid) == (2, 4, 3, None)


def test_the_end_of_the_log_that_was_cut_off_is_found_by_who_kept_the_head(
    database: Database, client: TestClient
) -> None:
    make_history(database)
    kept = answer(client)["head"]
    with database.write() as connection:
        connection.execute(update(Revision).where(Revision.public_seq == 6).values(public_seq=None))

    # The chain itself cannot tell: it is whole, and shorter.
    assert answer(client)["valid"] is True
    assert client.get(f"/v1/changes/verify?to={kept['seq']}").status_code == 422  # type: ignore[index, call-overload]
