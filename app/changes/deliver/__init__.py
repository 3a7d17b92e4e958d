"""Tells webhooks of changes: at least once each, the first attempts of a webhook in order.

`plan` looks along the log for what each webhook is to be told, `queue` hands out
one attempt at a time and notes what became of it, `send` makes the attempt.  No
transaction is open while something is sent.
"""

from app.changes.deliver.run import deliver, delivering

__all__ = ["deliver", "delivering"]
