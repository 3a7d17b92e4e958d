"""Waits until a change is readable, for a client that just wrote."""

import time
from typing import Final

from sqlalchemy import func, select

from app.access.audience import Audience
from app.core.db import Database
from app.core.errors import UnavailableError
from app.records.tables import Revision

PATIENCE: Final = 2.0
PAUSE: Final = 0.05


def wait_for(database: Database, audience: Audience, seq: int | None) -> None:
    """Return once the change `seq`, in the audience's numbering, can be read.

    Raises `UnavailableError` when that takes longer than `PATIENCE` seconds.
    """
    if seq is None:
        return
    number = Revision.public_seq if audience is Audience.PUBLIC else Revision.seq
    until = time.monotonic() + PATIENCE
    while True:
        with database.read() as connection:
            newest = connection.execute(select(func.max(number))).scalar_one()
        if (newest or 0) >= seq:
            return
        if time.monotonic() > until:
            raise UnavailableError("That change is not readable here yet.", retry_after=1)
        time.sleep(PAUSE)
