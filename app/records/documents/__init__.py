"""Documents, and how they become answers.

A stored document names other records by id.  What is served is assembled from
it with the stubs of those records, as of the same change and for the same
audience; a tie whose other end the reader may not see is left out.
"""

from app.records.documents.assembly import assemble
from app.records.documents.contested import allegation_answer, position_answer
from app.records.documents.naming import named_in, public_part
from app.records.documents.parts import case_stub, occurred_out, read_occurred, unique
from app.records.documents.shapes import Document, Envelope, Stub, decode, encode, read_revision
from app.records.documents.stubs import load_stubs

__all__ = [
    "Document",
    "Envelope",
    "Stub",
    "allegation_answer",
    "assemble",
    "case_stub",
    "decode",
    "encode",
    "load_stubs",
    "named_in",
    "occurred_out",
    "position_answer",
    "public_part",
    "read_occurred",
    "read_revision",
    "unique",
]
