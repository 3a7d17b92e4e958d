"""Reads single records, their revisions, and the lists of cases, actors and sources."""

from app.records.reading.lists import Listed, ListFilter, list_records
from app.records.reading.revisions import list_revisions
from app.records.reading.single import Found, find_record, pinned, read_record

__all__ = [
    "Found",
    "ListFilter",
    "Listed",
    "find_record",
    "list_records",
    "list_revisions",
    "pinned",
    "read_record",
]
