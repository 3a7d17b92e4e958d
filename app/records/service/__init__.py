"""What can be done to records.  Every act appends one revision of one record.

Functions here work inside the transaction of the `Log` they are given and never
commit: one request, or one batch of an import, is one transaction, and whoever
opened it closes it.
"""

from app.records.service.acts import MergedError, amend, create, merge, reinstate, retract
from app.records.service.redaction import Redaction, redact
from app.records.service.settle import MODELS, WrittenRecord, find_reference

__all__ = [
    "MODELS",
    "MergedError",
    "Redaction",
    "WrittenRecord",
    "amend",
    "create",
    "find_reference",
    "merge",
    "redact",
    "reinstate",
    "retract",
]
