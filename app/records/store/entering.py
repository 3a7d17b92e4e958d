"""What comes into public sight with a case."""

from sqlalchemy import Connection, or_, select
from sqlalchemy.orm import aliased

from app.records.revisions import PUBLIC_NOW, order_in_sight
from app.records.tables import Allegation, Case, Event, EventCase, Merge, Obligation
from app.records.vocabulary import Visibility


def entering_with(connection: Connection, case_id: str) -> list[str]:
    """Return the events, allegations and obligations that the public sees with a case that it sees now.

    Those of its events that have another case in sight were seen before.
    """
    tie, other, case = aliased(EventCase), aliased(EventCase), aliased(Case)
    was_seen = (
        select(other.seq)
        .join(case, case.id == other.case_id)
        .where(
            other.seq == tie.seq,
            other.case_id != case_id,
            case.last_seq.is_(None),
            case.visibility == Visibility.PUBLIC.value,
        )
        .exists()
    )
    entering = (
        select(tie.event_id)
        .join(Event, Event.seq == tie.seq)
        .where(
            tie.case_id == case_id,
            tie.last_seq.is_(None),
            Event.visibility != Visibility.RESTRICTED.value,
            ~was_seen,
        )
        .order_by(tie.event_id)
    )
    events = connection.execute(entering).scalars()
    allegations = connection.execute(
        select(Allegation.id)
        .where(
            Allegation.case_id == case_id,
            Allegation.last_seq.is_(None),
            Allegation.visibility != Visibility.RESTRICTED.value,
        )
        .order_by(Allegation.id)
    ).scalars()
    merged = select(Merge.id).where(Merge.survivor_id.in_(entering.order_by(None)), Merge.last_seq.is_(None))
    obligations = connection.execute(
        select(Obligation.id)
        .where(
            or_(Obligation.order_id.in_(entering.order_by(None)), Obligation.order_id.in_(merged)),
            Obligation.last_seq.is_(None),
            Obligation.visibility != Visibility.RESTRICTED.value,
            order_in_sight(Obligation.order_id, PUBLIC_NOW),
        )
        .order_by(Obligation.id)
    ).scalars()
    return [*events, *allegations, *obligations]
