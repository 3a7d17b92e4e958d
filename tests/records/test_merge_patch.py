"""The merge patch of RFC 7396, case by case."""

import copy
import json
from pathlib import Path

import pytest
from pydantic import JsonValue

from app.records.merge_patch import merge_patch


@pytest.fixture(scope="session")
def vectors(shared: Path) -> list[dict[str, JsonValue]]:
    text = (shared / "vectors" / "merge_patch_rfc7396.json").read_text(encoding="utf-8")
    parsed: list[dict[str, JsonValue]] = json.loads(text)
    return parsed


def test_every_example_of_the_rfc_gives_its_result(vectors: list[dict[str, JsonValue]]) -> None:
    assert len(vectors) == 16
    for vector in vectors:
        kept = copy.deepcopy(vector)
        assert merge_patch(vector["original"], vector["patch"]) == vector["result"], vector
        assert vector == kept, "An argument was changed."
