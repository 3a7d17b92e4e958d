"""What a test does when the machine lacks something it needs."""

import os
from typing import NoReturn

import pytest


def give_up(variable: str, message: str) -> NoReturn:
    """Skip the test, or fail it where the environment variable says the thing must be there."""
    if os.environ.get(variable):
        pytest.fail(f"{message} ({variable} is set, so this is a failure.)", pytrace=False)
    pytest.skip(message)
