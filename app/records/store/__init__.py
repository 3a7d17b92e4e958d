"""Keeps the read models in step with the log.

The only package that writes the tables of `records.tables` besides the log itself.
Everything happens inside the caller's transaction.
"""

from app.records.store.contested import TableRows
from app.records.store.entering import entering_with
from app.records.store.merges import add_merge, families, family, survivor_of
from app.records.store.naming import AffectedCases, cases_of_order, unseen_obligations
from app.records.store.reach import (
    add_case_changes,
    affected_cases,
    case_change_rows,
    cases_ever,
    cases_naming_events_of,
    first_changes,
)
from app.records.store.ready import (
    REFRESHED_AT_ONCE,
    assemble_rows,
    has_stale,
    make_ready,
    outdate_ready_in_case,
    ready_answer,
    refresh_ready,
    refresh_some,
    wipe_ready,
)
from app.records.store.rows import add_rows, add_ties, bounds_of, close_rows, rewrite_rows, rows_of
from app.records.store.words import (
    add_words,
    reindex_quotes,
    remove_words,
    searchable,
    shown_sources,
    with_citations_of,
)

__all__ = [
    "REFRESHED_AT_ONCE",
    "AffectedCases",
    "TableRows",
    "add_case_changes",
    "add_merge",
    "add_rows",
    "add_ties",
    "add_words",
    "affected_cases",
    "assemble_rows",
    "bounds_of",
    "case_change_rows",
    "cases_ever",
    "cases_naming_events_of",
    "cases_of_order",
    "close_rows",
    "entering_with",
    "families",
    "family",
    "first_changes",
    "has_stale",
    "make_ready",
    "outdate_ready_in_case",
    "ready_answer",
    "refresh_ready",
    "refresh_some",
    "reindex_quotes",
    "remove_words",
    "rewrite_rows",
    "rows_of",
    "searchable",
    "shown_sources",
    "survivor_of",
    "unseen_obligations",
    "wipe_ready",
    "with_citations_of",
]
