"""Waits until a change is readable, for a client that just wrote."""

import time
from typing import Final

from sqlalchemy import Connection, func, select

from app.access.audience import Audience
from app.core.errors import UnavailableError
from app.records.tables import Revision

PATIENCE_S: Final = 2.0
PAUSE_S: Final = 0.05


def wait_for(connection: Connection, audience: Audience, seq: int | None) -> None:
    """Return once the read sees the change `seq`, in the audience's numbering.

    Raises `UnavailableError` when that takes longer than `PATIENCE_S`: a read of a
    replica is then repeated at the primary.
    """
    if seq is None:
        return
    number = Revision.public_seq if audience is Audience.PUBLIC else Revision.seq
    until = time.monotonic() + PATIENCE_S
    while (connection.execute(select(func.max(number))).scalar_one() or 0) < seq:
        if time.monotonic() > until:
            raise UnavailableError("That change is not readable here yet.", retry_after=1)
        # Each look is a new snapshot, and the last one is what is answered from.
        connection.rollback()
        time.sleep(PAUSE_S)
