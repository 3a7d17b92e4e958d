"""What a test needs of the machine: it skips without it, or fails where the run insists.

`.ci/run` insists, so that a test can never stay silent there for want of a package.
"""

import os
from typing import NoReturn

import pytest

ROOT_VARIABLE = "CASE_TIMELINE_REQUIRE_"


def is_required(what: str) -> bool:
    """Say whether `CASE_TIMELINE_REQUIRE_<what>` is set to anything but nothing or 0."""
    return os.environ.get(f"{ROOT_VARIABLE}{what}", "") not in {"", "0"}


def do_without(what: str, advice: str) -> NoReturn:
    """Skip the test, saying how to get what it needs; fail it where that is required."""
    if is_required(what):
        pytest.fail(f"{advice} ({ROOT_VARIABLE}{what} is set.)", pytrace=False)
    pytest.skip(advice)
