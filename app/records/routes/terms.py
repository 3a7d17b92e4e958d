"""The vocabulary over HTTP."""

from typing import Any

from fastapi import APIRouter, Response
from pydantic import Field

from app.access.guard import Reader
from app.core.http import StrictRoute, etag_matches, etag_of
from app.records import vocabulary
from app.records.documents import encode
from app.records.routes.common import IfNoneMatch, headers_of
from app.records.schemas.common import Read
from app.records.service import MODELS
from app.records.status.obligations import ObligationStatus
from app.records.status.orders import OrderStatus
from app.records.vocabulary import RecordType

router = APIRouter(route_class=StrictRoute)


class TermOut(Read):
    """A member of a closed set."""

    value: str
    meaning: str


class VocabularyOut(Read):
    """The closed sets that records and filters use."""

    event_types: list[TermOut]
    details: dict[str, dict[str, Any]] = Field(description="JSON Schema of `details`, by type of event.")
    roles: list[TermOut]
    party_roles: list[TermOut]
    relation_types: list[TermOut]
    standings: list[TermOut]
    stances: list[TermOut]
    allegation_standings: list[TermOut]
    effects: list[TermOut]
    findings: list[TermOut]
    order_statuses: list[TermOut]
    obligation_statuses: list[TermOut]
    source_kinds: list[TermOut]
    actor_kinds: list[TermOut]
    case_statuses: list[TermOut]
    change_kinds: list[TermOut]
    visibilities: list[TermOut]
    formats: list[TermOut]


def _terms(terms: type[vocabulary.Term]) -> list[dict[str, str]]:
    return [{"value": one.value, "meaning": one.meaning} for one in terms]


@router.get(
    "/v1/vocabulary",
    summary="List the closed sets of words",
    response_model=VocabularyOut,
    tags=["vocabulary"],
)
def read_vocabulary(reader: Reader, if_none_match: IfNoneMatch = None) -> Response:
    """Types with the schema of their details, roles, relations, standings, kinds."""
    schema = MODELS[RecordType.EVENT].json_schema()
    details = {
        name: schema["$defs"][ref.rsplit("/", 1)[-1]]["properties"]["details"]["$ref"].rsplit("/", 1)[-1]
        for name, ref in schema["discriminator"]["mapping"].items()
    }
    body = encode(
        {
            "event_types": _terms(vocabulary.EventType),
            "details": {name: schema["$defs"][model] for name, model in details.items()},
            "roles": _terms(vocabulary.Role),
            "party_roles": _terms(vocabulary.PartyRole),
            "relation_types": _terms(vocabulary.RelationType),
            "standings": _terms(vocabulary.Standing),
            "stances": _terms(vocabulary.Stance),
            "allegation_standings": _terms(vocabulary.AllegationStanding),
            "effects": _terms(vocabulary.Effect),
            "findings": _terms(vocabulary.Finding),
            "order_statuses": _terms(OrderStatus),
            "obligation_statuses": _terms(ObligationStatus),
            "source_kinds": _terms(vocabulary.SourceKind),
            "actor_kinds": _terms(vocabulary.ActorKind),
            "case_statuses": _terms(vocabulary.CaseStatus),
            "change_kinds": _terms(vocabulary.ChangeKind),
            "visibilities": _terms(vocabulary.Visibility),
            "formats": [{"value": "json", "meaning": "JSON."}],
        }
    )
    etag = etag_of(body.decode())
    if etag_matches(if_none_match, etag):
        return Response(status_code=304, headers=headers_of(etag, reader))
    return Response(body, media_type="application/json", headers=headers_of(etag, reader))
