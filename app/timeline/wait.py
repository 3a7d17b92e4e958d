"""Waits until a change is readable, for a client that just wrote."""

import time
from typing import Final

from sqlalchemy import Connection, func, select

from app.access.audience import Audience
from app.core.db import is_replica
from app.core.errors import UnavailableError
from app.records.tables import Revision

PATIENCE_S: Final = 1.0
PAUSE_S: Final = 0.05


def wait_for(connection: Connection, audience: Audience, seq: int | None) -> None:
    """Return once the read sees the change `seq`, in the audience's numbering.

    Waits for a replica only, `PATIENCE_S` at the most: the primary can be read as
    soon as it answers a write.  `UnavailableError` where the change is not there,
    upon which a read of a replica is repeated at the primary.
    """
    if seq is None:
        return
    number = Revision.public_seq if audience is Audience.PUBLIC else Revision.seq
    until = time.monotonic() + (PATIENCE_S if is_replica(connection) else 0)
    while (connection.execute(select(func.max(number))).scalar_one() or 0) < seq:
        if time.monotonic() > until:
            raise UnavailableError("That change is not readable here yet.", retry_after=1)
        # Each look is a new snapshot, and the last one is what is answered from.
        connection.rollback()
        time.sleep(PAUSE_S)
