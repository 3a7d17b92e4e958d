"""Two databases that differ in what was never public answer the public alike, byte for byte.

The control: with the predicate off in one place, some made-up request must tell them apart.
"""

import importlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import pytest
from sqlalchemy import Connection, Select, true

from app.access.audience import Audience
from app.changes import feed
from app.history import compare
from app.history.causes import Interval
from app.records.documents.stubs import stub_query
from app.records.reading import single
from app.records.revisions import View
from app.records.tables import Revision
from app.records.vocabulary import RecordType
from app.timeline.compiled import forget_compiled
from tests.support import postgresql
from tests.support.hidden.reader import reading
from tests.support.hidden.twins import Twins, twins
from tests.support.sqlite import copy_template

pytestmark = pytest.mark.slow

CASE_TIMELINE: Final = "/v1/cases/{case}/timeline"
SINGLE: Final = ("/v1/cases/{case}", "/v1/actors/{actor}", "/v1/sources/{source}", "/v1/events/{event}")
LISTS: Final = ("/v1/cases", "/v1/actors", "/v1/sources")


@pytest.fixture(scope="module")
def sqlite_twins(run_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twins]:
    folder = tmp_path_factory.mktemp("twins")
    urls = [copy_template(run_folder, folder / f"{name}.sqlite") for name in ("plain", "full")]
    with twins(urls[0], urls[1]) as opened:
        yield opened


def test_two_thousand_requests_find_no_difference(sqlite_twins: Twins) -> None:
    found = list(sqlite_twins.differences(2_000, seed=1))
    assert not found, f"{len(found)} differences, as\n" + "\n".join(map(str, found[:5]))


def test_six_hundred_other_requests_find_no_difference_on_postgresql(
    postgres_server: postgresql.Server,
) -> None:
    with ExitStack() as stack:
        urls = [stack.enter_context(postgres_server.copy()) for _ in range(2)]
        opened = stack.enter_context(twins(urls[0], urls[1]))
        found = list(opened.differences(600, seed=2))
    assert not found, f"{len(found)} differences, as\n" + "\n".join(map(str, found[:5]))


def nothing(*_arguments: Any, **_named: Any) -> tuple[()]:  # noqa: ANN401 - stands for any predicate
    """Return no conditions."""
    return ()


def always(*_arguments: Any, **_named: Any) -> Any:  # noqa: ANN401 - stands for any predicate
    """Return a condition that all fulfil."""
    return true()


def find_any(connection: Connection, record_type: RecordType, reference: str, _view: View) -> Any:  # noqa: ANN401 - a row
    """Find a record as a key does."""
    return FIND(connection, record_type, reference, View(Audience.KEYS))


def all_candidates(case_id: str | None, within: Interval, _view: View) -> Select[Any]:
    """Return what a key's comparison goes through."""
    return CANDIDATES(case_id, within, View(Audience.KEYS))


def read_every_page(*arguments: Any, **named: Any) -> feed.FeedPage:  # noqa: ANN401 - as `read_page`
    """Read the feed as a key does."""
    return feed.read_page(arguments[0], Audience.KEYS, **named)


FIND: Final = single.find
CANDIDATES: Final = compare._candidates  # noqa: SLF001 - one predicate of several in that module


@dataclass(frozen=True, slots=True)
class Switch:
    """One predicate in one module, what to put in its place, and the routes that rest on it."""

    where: str
    off: Callable[..., Any] | object
    paths: tuple[str, ...]


# Here the public is nobody, so that everyone is counted and numbered as keys are.
NO_PUBLIC: Final = SimpleNamespace(PUBLIC=None, KEYS=Audience.KEYS)
SWITCHES: Final = (
    Switch("app.records.reading.single.find", find_any, SINGLE[:3]),
    Switch("app.records.reading.single._refuse_hidden", nothing, ("/v1/events/{event}",)),
    Switch("app.records.reading.single._refuse_hidden_tombstone", nothing, ("/v1/events/{event}",)),
    Switch("app.records.reading.single.in_sight", always,
           ("/v1/allegations/{allegation}", "/v1/obligations/{obligation}")),
    Switch("app.records.reading.lists.visible", nothing, LISTS),
    Switch("app.allegations.listing.visible", nothing, ("/v1/cases/{case}/allegations",)),
    Switch("app.allegations.positions._event_is_read", always, ("/v1/actors/{actor}/positions",)),
    Switch("app.records.reading.cases.visible", nothing, ("/v1/cases/{case}", "/v1/cases")),
    Switch("app.records.documents.stubs.nameable", nothing, ("/v1/events/{event}", CASE_TIMELINE)),
    Switch("app.timeline.query.conditions.visible", nothing, (CASE_TIMELINE, "/v1/facets")),
    Switch("app.timeline.query.conditions.in_visible_case", always, ("/v1/timeline", "/v1/facets")),
    Switch("app.timeline.query.conditions.nameable", nothing, (CASE_TIMELINE, "/v1/timeline")),
    Switch("app.timeline.query.conditions.actor_shown", always, (CASE_TIMELINE, "/v1/timeline")),
    Switch("app.timeline.settle.visible", nothing, ("/v1/timeline", "/v1/facets")),
    Switch("app.timeline.facets.visible", nothing, ("/v1/facets", "/v1/cases/{case}/facets")),
    Switch("app.timeline.facets.actor_shown", always, ("/v1/facets", "/v1/cases/{case}/facets")),
    Switch("app.timeline.scene.Audience", NO_PUBLIC, (CASE_TIMELINE, "/v1/timeline")),
    Switch("app.timeline.wait.Audience", NO_PUBLIC, ("/v1/timeline",)),
    Switch("app.changes.feed.number_of", lambda _audience: Revision.seq, ("/v1/changes",)),
    Switch("app.changes.feed.digest_of", lambda _audience: Revision.digest, ("/v1/changes",)),
    Switch("app.changes.verify.number_of", lambda _audience: Revision.seq, ("/v1/changes/verify",)),
    Switch("app.changes.stream.read_page", read_every_page, ("/v1/changes/stream",)),
    Switch("app.history.corrections._shown", nothing, ("/v1/corrections",)),
    Switch("app.history.corrections.told", nothing, ("/v1/corrections",)),
    Switch("app.history.compare._candidates", all_candidates, ("/v1/cases/{case}/diff",)),
)  # fmt: skip


def forget_statements() -> None:
    """Forget the statements that were made with a predicate in them."""
    forget_compiled()
    stub_query.cache_clear()


@pytest.fixture
def forgetful_twins(sqlite_twins: Twins) -> Iterator[Twins]:
    """Give the twins without a statement or an answer from before a predicate was off."""
    urls = [reader.app.state.settings.database_url for reader in (sqlite_twins.plain, sqlite_twins.full)]
    forget_statements()
    with reading(urls[0], keeps_answers=False) as plain, reading(urls[1], keeps_answers=False) as full:
        yield Twins(plain, full, sqlite_twins.worlds)
    forget_statements()


@pytest.mark.parametrize("switch", SWITCHES, ids=lambda switch: switch.where)
def test_without_a_predicate_some_request_finds_a_difference(
    forgetful_twins: Twins, monkeypatch: pytest.MonkeyPatch, switch: Switch
) -> None:
    module, _, name = switch.where.rpartition(".")
    monkeypatch.setattr(importlib.import_module(module), name, switch.off)
    assert next(forgetful_twins.differences(4_000, seed=3, paths=switch.paths), None) is not None
