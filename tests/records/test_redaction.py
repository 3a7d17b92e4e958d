"""A redacted name is nowhere any more: in no answer, of no moment, and in no file."""

import threading
import time
import unicodedata
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, unquote

import pytest
from pydantic import JsonValue
from sqlalchemy import text
from sqlalchemy.engine import make_url
from starlette.testclient import TestClient

from app.access.keys import Scope
from app.core.db import Database
from app.core.stamps import moment_text, utc_now
from tests.support.editing import make_case, make_events
from tests.support.keys import make_key

NAME: Final = "Quizzeth Ábvorkal"
SLUG: Final = "quizzeth-abvorkal"
LABEL: Final = "Plaintiff A"
CHANGE: Final[JsonValue] = {"kind": "update", "reason": "A court ordered it."}
# Enough of the name to know it by, as nobody else is called.
TELLING: Final = ("quizzeth", "abvorkal", "zorptulis")
ESCAPED: Final = quote("Ábvorkal")

Json = dict[str, Any]


class Desk:
    """An editor with a key, who remembers what was made and asked."""

    def __init__(self, client: TestClient, headers: dict[str, str]) -> None:
        self.client = client
        self.headers = headers
        self.asked: dict[tuple[str, bool], str] = {}

    def post(self, path: str, body: JsonValue, *, status: int = 201, **headers: str) -> Json:
        sent = {
            "If-Match": "*",
            **self.headers,
            **{name.replace("_", "-"): one for name, one in headers.items()},
        }
        answer = self.client.post(path, json=body, headers=sent)
        assert answer.status_code == status, answer.text
        made: Json = answer.json()
        return made

    def make(self, plural: str, **fields: JsonValue) -> str:
        return str(self.post(f"/v1/{plural}", fields)["id"])

    def patch(self, path: str, **fields: JsonValue) -> None:
        change = {"kind": "correction", "reason": "It was wrong."}
        answer = self.client.patch(
            path, json={"change": change, **fields}, headers={"If-Match": "*", **self.headers}
        )
        assert answer.status_code == 200, answer.text

    def redact(self, actor: str, *, status: int = 200, label: str = LABEL, **more: JsonValue) -> Json:
        return self.post(
            f"/v1/actors/{actor}/redact", {"label": label, "change": CHANGE, **more}, status=status
        )

    def get(self, path: str, *, keyed: bool = True, tag: str | None = None) -> Any:  # noqa: ANN401 - an answer
        headers = {**(self.headers if keyed else {}), **({"If-None-Match": tag} if tag else {})}
        return self.client.get(path, headers=headers, follow_redirects=False)


def known(told: str) -> list[str]:
    """Return what is telling in a text, however it is written."""
    plain = unicodedata.normalize("NFKD", unquote(told)).casefold()
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    return [word for word in TELLING if word in plain]


@pytest.fixture
def desk(client: TestClient, database: Database) -> Desk:
    return Desk(client, make_key(database, Scope.ADMIN, Scope.WRITE))


class World:
    """Records of every type that name someone everywhere, with a past, and what was kept of them."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.kept: Json = {}
        made = desk.make
        self.actor = made(
            "actors", slug=SLUG, name=NAME, kind="person", aliases=["Zorptulis"], external_id="p-quizzeth"
        )
        self.old = made("actors", slug="q-abvorkal", name="Q. Abvorkal", kind="person")
        self.friend = made(
            "actors", slug="friend", name="A friend", kind="person", aliases=[f"Friend of {NAME}"]
        )
        self.case = made(
            "cases",
            slug=f"{SLUG}-v-noem",
            title=f"{NAME} v. Noem",
            summary=f"About {NAME.upper()}.",
            tags=[SLUG],
            dockets=[
                {
                    "court": "mdd",
                    "docket_number": "1:25-cv-1",
                    "url": f"https://e.org/{SLUG}",
                    "parties": [{"actor": SLUG, "role": "plaintiff"}],
                }
            ],
        )
        self.source = made(
            "sources",
            kind="article",
            title=f"Who is {NAME}?",
            publisher="The Quizzeth Abvorkal Post",
            url=f"https://e.org/Quizzeth_{ESCAPED}?x=1",
            archived_url="https://archive.org/2025/https://e.org/quizzeth%20abvorkal",
        )
        self.event = self._event(f"{NAME} is deported", tags=[SLUG, "plaintiff-a"], external_id=f"e-{SLUG}")
        self.hidden = self._event(
            f"Hidden: {NAME}", visibility="restricted", visibility_reason=f"{NAME} asked."
        )
        self.gone = self._event(f"Withdrawn: {NAME}")
        self.amended = self._event(f"Once it said {NAME}")
        self.secret = made("sources", kind="video", title=f"{NAME} at home", visibility="restricted")
        self.lost = made("cases", slug=f"{SLUG}-lost", title="A lost case", external_id=f"c-{SLUG}")
        self._go_on()

    def _event(self, title: str, **more: JsonValue) -> str:
        fields: Json = {
            "type": "statement",
            "title": title,
            "summary": "Zorptulis, as friends call him.",
            "occurred": "2025-06-01",
            "cases": [self.case],
            "actors": [{"actor": SLUG, "role": "speaker"}, {"actor": "friend", "role": "court"}],
            "place": {"name": f"House of {NAME}", "country": "US"},
            "details": {"quote": f"I am {NAME}."},
            "citations": [
                {
                    "source": self.source,
                    "quote": f"He, {NAME}, said so.",
                    "locator": "Quizzeth Abvorkal, p. 2",
                }
            ],
            **more,
        }
        return self.desk.make("events", **fields)

    def _go_on(self) -> None:
        desk = self.desk
        desk.patch(f"/v1/events/{self.amended}", title="Now it says nothing", summary=None)
        withdrawn: JsonValue = {"change": {"kind": "retraction", "reason": f"{NAME} asked for it."}}
        desk.post(f"/v1/events/{self.gone}/retract", withdrawn, status=200)
        desk.post(f"/v1/cases/{self.lost}/retract", withdrawn, status=200)
        desk.post(f"/v1/actors/{self.old}/merge", {"into": SLUG, "change": CHANGE}, status=200)
        self.kept = {"type": "other", "title": f"Kept: {NAME}", "occurred": None, "cases": [self.case]}
        desk.post("/v1/events", self.kept, Idempotency_Key="once")
        self.snapshot = desk.post("/v1/snapshots", {"filter": {"case": [self.case]}})["id"]
        desk.post(
            "/v1/webhooks",
            {
                "url": "https://93.184.216.34/x",
                "description": f"For {NAME}",
                "filter": {"actor": [SLUG], "tag": [SLUG]},
            },
        )
        desk.post("/v1/keys", {"name": f"Key of {NAME}", "scopes": ["read"]})
        self.moment = moment_text(utc_now())

    def urls(self) -> list[str]:
        """Return every question whose answer names them, or may have."""
        timelines = [f"/v1/cases/{self.case}/timeline", "/v1/timeline"]
        facets = "by=actor&by=publisher&by=tag&by=case"
        now = [
            *timelines,
            *(
                f"{one}?{question}"
                for one in timelines
                for question in ("order=-changed", f"actor={self.actor}", "total=exact")
            ),
            *(f"{one}?as_of={self.moment}" for one in timelines),
            f"/v1/cases/{self.case}/facets?{facets}",
            f"/v1/facets?{facets}",
            *(
                f"/v1/{kind}{question}"
                for kind in ("cases", "actors", "sources")
                for question in ("", "?total=exact", f"?as_of={self.moment}")
            ),
            f"/v1/cases/{self.case}/diff?from=2020-01-01T00:00:00Z&to={self.moment}",
            f"/v1/cases/{self.case}/diff?from=2020-01-01T00:00:00Z&format=md",
            "/v1/corrections",
            "/v1/changes",
            f"/v1/snapshots/{self.snapshot}",
            f"/v1/snapshots/{self.snapshot}/verify",
        ]
        for kind, ids in {
            "cases": [self.case, self.lost],
            "actors": [self.actor, self.old, self.friend],
            "sources": [self.source, self.secret],
            "events": [self.event, self.hidden, self.gone, self.amended],
        }.items():
            for one in ids:
                now += [f"/v1/{kind}/{one}", f"/v1/{kind}/{one}?as_of={self.moment}"]
                if kind == "events":
                    now += [f"/v1/events/{one}/revisions", f"/v1/events/{one}/revisions/1"]
        return now


@pytest.fixture
def world(desk: Desk) -> World:
    return World(desk)


def files_of(database: Database) -> bytes:
    """Return all that SQLite has on disk, in small letters."""
    file = Path(make_url(str(database.url)).database or "")
    beside = [file, file.with_name(f"{file.name}-wal")]
    return b"".join(one.read_bytes() for one in beside if one.exists()).lower()


def told_in_files(database: Database) -> list[str]:
    held = files_of(database)
    wanted = [*TELLING, "ábvorkal", "Ábvorkal", ESCAPED.lower(), "\u0061\u0301bvorkal"]
    return [one for one in wanted if one.encode().lower() in held or one.encode() in held]


def test_it_is_in_no_answer_of_any_moment_and_no_old_tag_holds(world: World) -> None:
    before = {}
    for url in world.urls():
        for keyed in (False, True):
            answer = world.desk.get(url, keyed=keyed)
            before[url, keyed] = answer
    told = {one: known(answer.text) for one, answer in before.items()}
    assert sum(map(bool, told.values())) > 60

    world.desk.redact(SLUG)

    for (url, keyed), answer in before.items():
        tag = answer.headers.get("etag")
        now = world.desk.get(url, keyed=keyed, tag=tag)
        assert known(now.text) == [], url
        assert known(str(now.headers)) == [], url
        if told[url, keyed] and answer.status_code == 200:
            assert now.status_code == 200, url
        if answer.status_code != 200:
            assert now.status_code == answer.status_code, url


def test_it_is_in_no_file_and_no_index(world: World, database: Database) -> None:
    told = world.desk.redact(SLUG)

    if database.url.get_backend_name() == "sqlite":
        assert told_in_files(database) == []
        assert told["found_in_file"] == 0
        assert "write-ahead log" not in str(told["remains"])
    else:
        assert told["found_in_file"] is None
        assert "VACUUM FULL" in told["remains"][0]["advice"]
    for word in TELLING:
        for path in ("/v1/timeline", "/v1/cases", "/v1/actors", "/v1/sources"):
            for moment in ("", f"&as_of={world.moment}"):
                assert world.desk.get(f"{path}?q={word}{moment}").json()["items"] == [], (path, word)
    assert world.desk.get("/v1/timeline?q=%22i+am+plaintiff+a%22").json()["items"] != []


def test_what_was_known_by_it_is_known_by_the_label(world: World) -> None:
    told = world.desk.redact(SLUG)
    get = world.desk.get

    assert (told["actor"], told["slug"]) == (world.actor, "plaintiff-a")
    actor = get(f"/v1/actors/{world.actor}").json()
    assert (actor["name"], actor["slug"], actor["aliases"], actor["external_id"]) == (
        LABEL,
        "plaintiff-a",
        [],
        None,
    )
    assert get("/v1/actors/friend").json()["aliases"] == ["Friend of Plaintiff A"]
    case = get(f"/v1/cases/{world.case}").json()
    assert (case["slug"], case["title"], case["tags"]) == (
        "plaintiff-a-v-noem",
        "Plaintiff A v. Noem",
        ["plaintiff-a"],
    )
    assert case["dockets"][0]["url"] == "https://e.org/plaintiff-a"
    source = get(f"/v1/sources/{world.source}").json()
    assert source["title"] == "Who is Plaintiff A?"
    assert source["publisher"] == "The Plaintiff A Post"
    assert source["url"] == "https://e.org/plaintiff-a?x=1"
    assert source["archived_url"] == "https://archive.org/2025/https://e.org/plaintiff-a"
    event = get(f"/v1/events/{world.event}").json()
    assert event["tags"] == ["plaintiff-a"]
    assert event["external_id"] == "e-plaintiff-a"
    assert event["place"]["name"] == "House of Plaintiff A"
    assert event["details"]["quote"] == "I am Plaintiff A."
    assert (event["citations"][0]["quote"], event["citations"][0]["locator"]) == (
        "He, Plaintiff A, said so.",
        "Plaintiff A, p. 2",
    )
    assert event["occurred"]["edtf"] == "2025-06-01"
    gone = get(f"/v1/events/{world.gone}")
    assert (gone.status_code, "Plaintiff A asked for it." in gone.text) == (410, True)
    hidden = get(f"/v1/events/{world.hidden}").json()
    assert (hidden["title"], hidden["visibility_reason"]) == ("Hidden: Plaintiff A", "Plaintiff A asked.")


def test_its_slugs_lead_nowhere(world: World) -> None:
    world.desk.redact(SLUG)

    for slug in (SLUG, "q-abvorkal"):
        for moment in ("", f"?as_of={world.moment}"):
            assert world.desk.get(f"/v1/actors/{slug}{moment}").status_code == 404
        assert world.desk.get(f"/v1/timeline?actor={slug}").status_code == 422
        assert world.desk.get(f"/v1/cases?actor={slug}").status_code == 422
    for path in ("", "/timeline", "/facets"):
        assert world.desk.get(f"/v1/cases/{SLUG}-v-noem{path}").status_code == 404
        assert world.desk.get(f"/v1/cases/plaintiff-a-v-noem{path}").status_code == 200
    assert world.desk.get(f"/v1/timeline?case={SLUG}-v-noem").status_code == 422
    assert len(world.desk.get("/v1/timeline?actor=plaintiff-a&tag=plaintiff-a").json()["items"]) == 1
    moved = world.desk.get(f"/v1/actors/{world.old}")
    assert (moved.status_code, moved.headers["location"]) == (308, f"/v1/actors/{world.actor}")


def test_what_was_kept_is_replayed_without_it(world: World) -> None:
    world.desk.redact(SLUG)

    again = world.desk.post("/v1/events", world.kept, Idempotency_Key="once")
    assert again["title"] == "Kept: Plaintiff A"
    hooks = world.desk.get("/v1/webhooks")
    assert "For Plaintiff A" in hooks.text
    assert known(hooks.text) == []
    keys = world.desk.get("/v1/keys")
    assert "Key of Plaintiff A" in keys.text
    snapshot = world.desk.get(f"/v1/snapshots/{world.snapshot}").json()
    assert snapshot["redacted"] is not None


def test_a_repeated_redaction_is_not_done_again(world: World) -> None:
    first = world.desk.post(
        f"/v1/actors/{SLUG}/redact", {"label": LABEL, "change": CHANGE}, status=200, Idempotency_Key="r"
    )
    again = world.desk.post(
        f"/v1/actors/{SLUG}/redact", {"label": LABEL, "change": CHANGE}, status=200, Idempotency_Key="r"
    )
    assert (again["revision"], again["rewritten"]) == (first["revision"], first["rewritten"])


def test_the_chain_holds_and_says_how_much_was_redacted(world: World) -> None:
    kept = {
        row["seq"]: (row["digest"], row["hash"])
        for row in world.desk.get("/v1/changes?limit=500").json()["items"]
    }
    told = world.desk.redact(SLUG)

    proof = world.desk.get("/v1/changes/verify").json()
    assert proof["valid"] is True
    assert proof["redacted"] == told["rewritten"] > 8
    rows = world.desk.get("/v1/changes?limit=500").json()["items"]
    assert {row["seq"]: (row["digest"], row["hash"]) for row in rows if row["seq"] in kept} == kept


def test_a_follower_of_the_feed_is_told_of_every_live_record(world: World) -> None:
    newest = world.desk.get("/v1/changes?limit=500", keyed=False).json()["high_watermark"]
    world.desk.redact(SLUG)

    rows = world.desk.get(f"/v1/changes?after={newest}&limit=500", keyed=False).json()["items"]
    assert {row["operation"] for row in rows} == {"redact"}
    changed = {row["record"] for row in rows}
    assert {world.actor, world.case, world.source, world.event, world.friend} <= changed
    assert not {world.hidden, world.secret, world.gone} & changed
    assert all(world.case in row["cases"] for row in rows if row["record"] in {world.actor, world.event})


@pytest.mark.usefixtures("sqlite_only")
def test_a_reader_that_held_on_is_told_of_and_then_cleared(world: World, database: Database) -> None:
    ready, done = threading.Event(), threading.Event()

    def hold() -> None:
        with database.read() as connection:
            connection.execute(text("SELECT count(*) FROM revisions")).scalar_one()
            ready.set()
            done.wait(60)

    reader = threading.Thread(target=hold)
    reader.start()
    ready.wait(10)
    act: Json = {"label": LABEL, "change": CHANGE}
    told = world.desk.post(f"/v1/actors/{SLUG}/redact", act, status=200, Idempotency_Key="w")
    done.set()
    reader.join()

    assert told["found_in_file"] > 0
    assert told["remains"][0]["place"] == "the write-ahead log of SQLite"
    again = world.desk.post(f"/v1/actors/{SLUG}/redact", act, status=200, Idempotency_Key="w")
    assert told_in_files(database) == []
    assert "write-ahead log" not in str(again["remains"])


@pytest.fixture
def sqlite_only(database: Database) -> None:
    if database.url.get_backend_name() != "sqlite":
        pytest.skip("Only SQLite has a file of its own.")


def test_a_withdrawn_actor_is_redacted_too(world: World, database: Database) -> None:
    world.desk.post(
        f"/v1/actors/{SLUG}/retract", {"change": {"kind": "retraction", "reason": NAME}}, status=200
    )
    world.desk.redact(world.actor)

    gone = world.desk.get(f"/v1/actors/{world.actor}")
    assert (gone.status_code, known(gone.text)) == (410, [])
    assert world.desk.get(f"/v1/actors/{world.actor}?as_of={world.moment}").json()["name"] == LABEL
    assert told_in_files(database) == [] or database.url.get_backend_name() != "sqlite"


def test_of_a_merged_actor_the_survivor_is_to_be_redacted(world: World) -> None:
    answer = world.desk.client.post(
        f"/v1/actors/{world.old}/redact",
        json={"label": LABEL, "change": CHANGE},
        headers={"If-Match": "*", **world.desk.headers},
        follow_redirects=False,
    )
    assert (answer.status_code, answer.headers["location"]) == (308, f"/v1/actors/{world.actor}/redact")


def test_a_second_redaction_may_keep_the_label_or_change_it(world: World, database: Database) -> None:
    world.desk.redact(SLUG)
    world.desk.patch(f"/v1/events/{world.event}", title="Quixand Abz speaks of Plaintiff A")
    world.desk.redact("plaintiff-a", also=["Quixand Abz"])
    assert world.desk.get(f"/v1/events/{world.event}").json()["title"] == "Plaintiff A speaks of Plaintiff A"
    told = world.desk.redact("plaintiff-a", label="Person B")

    assert told["slug"] == "person-b"
    assert world.desk.get(f"/v1/events/{world.event}").json()["title"] == "Person B speaks of Person B"
    assert (
        world.desk.get(f"/v1/cases/{world.case}?as_of={world.moment}").json()["title"] == "Person B v. Noem"
    )
    assert world.desk.get("/v1/changes/verify").json()["valid"] is True
    if database.url.get_backend_name() == "sqlite":
        assert told_in_files(database) == []
        assert b"quixand" not in files_of(database)


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({"label": "A friend of quizzeth abvorkal"}, "/label"),
        ({"label": NAME}, "/label"),
        ({"label": LABEL, "also": ["Fine", "—!"]}, "/also/1"),
        ({"label": LABEL, "also": ["plaintiff"]}, "/label"),
        ({"label": ""}, "/label"),
    ],
)
def test_a_redaction_that_would_be_useless_is_refused(desk: Desk, body: Json, name: str) -> None:
    actor = desk.make("actors", slug=SLUG, name=NAME, kind="person")
    refused = desk.post(f"/v1/actors/{actor}/redact", {**body, "change": CHANGE}, status=422)

    assert [one["name"] for one in refused["errors"]] == [name]
    assert desk.get(f"/v1/actors/{actor}").json()["name"] == NAME


def test_if_match_is_needed_and_held_to(desk: Desk) -> None:
    actor = desk.make("actors", slug=SLUG, name=NAME, kind="person")
    body = {"label": LABEL, "change": CHANGE}
    path = f"/v1/actors/{actor}/redact"

    assert desk.client.post(path, json=body, headers=desk.headers).status_code == 428
    stale = desk.client.post(path, json=body, headers={**desk.headers, "If-Match": '"7"'})
    assert stale.status_code == 412
    tag = desk.get(f"/v1/actors/{actor}").headers["etag"]
    assert desk.client.post(path, json=body, headers={**desk.headers, "If-Match": tag}).status_code == 200


def test_a_key_for_other_cases_may_not_redact(world: World, database: Database) -> None:
    elsewhere = world.desk.make("cases", slug="elsewhere", title="Elsewhere")
    limited = make_key(database, Scope.WRITE, cases=[elsewhere])
    refused = world.desk.client.post(
        f"/v1/actors/{SLUG}/redact",
        json={"label": LABEL, "change": CHANGE},
        headers={**limited, "If-Match": "*"},
    )
    assert refused.status_code == 403
    assert world.desk.get(f"/v1/actors/{SLUG}").json()["name"] == NAME


def test_of_a_withdrawn_source_no_old_tag_holds_whoever_it_named(desk: Desk) -> None:
    actor = desk.make("actors", slug=SLUG, name=NAME, kind="person", visibility="restricted")
    source = desk.make("sources", kind="article", title=f"Of {NAME}")
    path = f"/v1/sources/{source}?as_of={moment_text(utc_now())}"
    desk.post(f"/v1/sources/{source}/retract", {"change": CHANGE}, status=200)
    tag = desk.get(path, keyed=False).headers["etag"]
    desk.redact(actor)

    again = desk.get(path, keyed=False, tag=tag)
    assert (again.status_code, again.json()["title"]) == (200, "Of Plaintiff A")


@pytest.mark.parametrize(
    ("name", "slug"), [("June", "june"), ("Court", "court"), ("Al", "al"), ("Public", "public")]
)
def test_a_name_that_is_a_word_spoils_no_date_and_no_closed_word(desk: Desk, name: str, slug: str) -> None:
    desk.make("cases", slug="a-case", title=f"{name} v. Noem")
    desk.make("actors", slug=slug, name=name, kind="court")
    event = desk.make(
        "events", type="court_order", title=f"{name} in June", occurred="2025-06", cases=["a-case"],
        actors=[{"actor": slug, "role": "court"}], standing="established",
    )  # fmt: skip
    desk.redact(slug, label="Person X")

    read = desk.get(f"/v1/events/{event}").json()
    assert read["title"] == ("Person X in Person X" if name == "June" else "Person X in June")
    assert (read["type"], read["visibility"], read["standing"]) == ("court_order", "public", "established")
    assert read["occurred"]["display"] == "June 2025"
    assert read["actors"] == [
        {
            "id": read["actors"][0]["id"],
            "slug": "person-x",
            "name": "Person X",
            "kind": "court",
            "role": "court",
        }
    ]
    assert desk.get("/v1/cases/a-case").json()["title"] == "Person X v. Noem"


def test_a_slug_that_someone_else_took_over_stays_theirs(desk: Desk) -> None:
    first = desk.make("actors", slug="zorptulis", name="Zorptulis Smith", kind="person")
    desk.patch(f"/v1/actors/{first}", slug="other")
    second = desk.make("actors", slug="zorptulis", name="Zorptulis Jones", kind="person")
    desk.redact(first)

    assert desk.get("/v1/actors/zorptulis").json()["id"] == second
    assert desk.get(f"/v1/actors/{first}").json()["slug"] == "other"


def test_external_ids_that_become_one_are_told_apart(desk: Desk) -> None:
    desk.make("cases", slug="a-case", title="A case")
    actor = desk.make("actors", slug=SLUG, name=NAME, kind="person")
    fields: Json = {"type": "other", "title": "x", "occurred": None, "cases": ["a-case"]}
    ids = [
        desk.make("events", external_id=one, **fields)
        for one in (f"e/{NAME}", "e/quizzeth abvorkal", "e/Plaintiff A")
    ]
    desk.redact(actor)

    found = [desk.get(f"/v1/events/{one}").json()["external_id"] for one in ids]
    assert len(set(found)) == 3
    assert all(one.startswith("e/Plaintiff A") for one in found)


@pytest.mark.slow
def test_a_thousand_events_are_rid_of_it_in_one_act(desk: Desk, database: Database) -> None:
    make_case(database)
    desk.make("actors", slug=SLUG, name=NAME, kind="person")
    make_events(
        database,
        [f"2025-{n % 12 + 1:02}-{n % 28 + 1:02}" for n in range(1_000)],
        title=f"{NAME} again",
        actors=[{"actor": SLUG, "role": "subject"}],
    )
    begun = time.monotonic()
    told = desk.redact(SLUG)
    took = time.monotonic() - begun

    assert told["rewritten"] == 1_001
    assert desk.get(f"/v1/timeline?actor={told['slug']}&total=exact&limit=1").json()["total"] == 1_000
    assert desk.get("/v1/timeline?q=quizzeth&total=exact").json()["total"] == 0
    if database.url.get_backend_name() == "sqlite":
        assert told_in_files(database) == []
    assert took < 120
