"""The closed sets of the domain, each member with the words that explain it.

A member is never renamed or removed: stored documents and clients hold it.
"""

from enum import StrEnum
from typing import Self


class Term(StrEnum):
    """A member of a closed set that carries its own explanation."""

    meaning: str

    def __new__(cls, value: str, meaning: str = "") -> Self:
        """Make the member from its value and its meaning."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member


class RecordType(Term):
    """What a record is; the prefix of its id says so too."""

    CASE = "case", "One matter followed over time."
    ACTOR = "actor", "A person, an organization, a court, a government or a group."
    SOURCE = "source", "A document or a publication that events are cited from."
    EVENT = "event", "Something that happened in the world, that a source reports."
    ALLEGATION = "allegation", "A contested statement of fact in a case, with the positions on it."
    OBLIGATION = "obligation", "One thing that an order binds someone to."

    @property
    def prefix(self) -> str:
        """Return the first part of the ids of this type."""
        return ID_PREFIXES[self]


ID_PREFIXES = {
    RecordType.CASE: "cas",
    RecordType.ACTOR: "act",
    RecordType.SOURCE: "src",
    RecordType.EVENT: "evt",
    RecordType.ALLEGATION: "alg",
    RecordType.OBLIGATION: "obl",
}


class EventType(Term):
    """What kind of thing happened; it decides the shape of `details`."""

    DEPORTATION = "deportation", "Someone was removed from a country."
    DETENTION = "detention", "Someone was taken into or held in custody."
    RELEASE = "release", "Someone left custody."
    COURT_ORDER = "court_order", "A court ordered, ruled or decided."
    COURT_FILING = "court_filing", "A party filed something with a court."
    HEARING = "hearing", "A court sat."
    MEETING = "meeting", "People met."
    STATEMENT = "statement", "Someone said or wrote something in public."
    LEGISLATION = "legislation", "A law was proposed, passed, amended or repealed."
    EXECUTIVE_ACTION = "executive_action", "A government acted by its own authority."
    AGREEMENT = "agreement", "Two or more sides agreed."
    OTHER = "other", "Anything else; its `details.label` says what."


class Role(Term):
    """What an actor did in one event."""

    PARTICIPANT = "participant", "Took part."
    SPEAKER = "speaker", "Said or wrote it."
    SUBJECT = "subject", "Whom it is about."
    DEPORTED = "deported", "Was removed."
    DEPORTING = "deporting", "Removed someone."
    RECEIVING = "receiving", "Took in whoever was removed."
    JUDGE = "judge", "Decided, as a judge."
    COURT = "court", "Decided, as a court."
    BOUND = "bound", "Is bound by the order."
    FILER = "filer", "Filed it."
    ACCUSER = "accuser", "Accuses someone."
    ACCUSED = "accused", "Is accused."
    LEGISLATURE = "legislature", "Made the law."
    ORGANIZER = "organizer", "Called or arranged it."
    HOST = "host", "Received the others."


class PartyRole(Term):
    """An actor's role in a docket."""

    PLAINTIFF = "plaintiff", "Brought the suit."
    DEFENDANT = "defendant", "Is sued."
    PETITIONER = "petitioner", "Petitioned the court."
    RESPONDENT = "respondent", "Answers the petition."
    APPELLANT = "appellant", "Appealed."
    APPELLEE = "appellee", "Answers the appeal."
    INTERVENOR = "intervenor", "Joined the suit with the court's leave."
    AMICUS = "amicus", "Advises the court without being a party."
    OTHER = "other", "Has another role."


class RelationType(Term):
    """How one event bears on another; it is kept in the event it starts from."""

    RESPONDS_TO = "responds_to", "Answers it."
    RULES_ON = "rules_on", "Decides it."
    APPEALS = "appeals", "Asks a higher court to change it."
    AFFIRMS = "affirms", "Upholds it."
    REVERSES = "reverses", "Sets it aside on appeal."
    STAYS = "stays", "Suspends it."
    MODIFIES = "modifies", "Changes its terms."
    VACATES = "vacates", "Annuls it."
    ENFORCES = "enforces", "Compels compliance with it."
    COMPLIES_WITH = "complies_with", "Does what it ordered."
    VIOLATES = "violates", "Does what it forbade, or fails to do what it ordered."
    CONTRADICTS = "contradicts", "Cannot be true together with it."
    CITES = "cites", "Rests on it."
    FOLLOWS_FROM = "follows_from", "Happened because of it."
    SAME_EVENT_AS = "same_event_as", "Is the same happening, reported differently."


class Standing(Term):
    """How well an event is supported, in the editor's judgement."""

    ESTABLISHED = "established", "Undisputed, or shown by a primary document."
    REPORTED = "reported", "Reported by a source; nobody is known to dispute it."
    ALLEGED = "alleged", "Asserted by someone; not shown."
    DISPUTED = "disputed", "Asserted by someone and denied by someone else."


class Stance(Term):
    """What an actor says of an allegation."""

    ASSERTS = "asserts", "Says that it is so."
    DENIES = "denies", "Says that it is not so."
    CONCEDES = "concedes", "Admits that it is so."
    WITHDRAWS = "withdraws", "Takes back what it said before."
    FINDS_TRUE = "finds_true", "Decides, as a court, that it is so."
    FINDS_FALSE = "finds_false", "Decides, as a court, that it is not so."


class AllegationStanding(Term):
    """How an allegation stands, as it follows from the positions on it."""

    UNANSWERED = "unanswered", "Nobody has denied or conceded it, and no court has decided."
    DISPUTED = "disputed", "Denied, or found by courts both ways at once."
    CONCEDED = "conceded", "Admitted, and nobody denies it."
    FOUND_TRUE = "found_true", "A court found that it is so."
    FOUND_FALSE = "found_false", "A court found that it is not so."
    WITHDRAWN = "withdrawn", "Whoever asserted it has taken it back."


class Effect(Term):
    """What became of a duty after it was ordered."""

    DUE_CHANGED = "due_changed", "It is due at another moment."
    MODIFIED = "modified", "Its terms were changed."
    STAYED = "stayed", "It is suspended."
    RESUMED = "resumed", "It is suspended no more."
    SUPERSEDED = "superseded", "Another duty took its place."
    VACATED = "vacated", "It was annulled."


class Finding(Term):
    """What a court found of compliance with a duty."""

    COMPLIED = "complied", "It was complied with."
    PARTLY = "partly", "It was complied with in part."
    NONCOMPLIANT = "noncompliant", "It was not complied with."
    EXCUSED = "excused", "Whoever is bound was excused."


class SourceKind(Term):
    """What a source is."""

    ARTICLE = "article", "A news article."
    COURT_DOCUMENT = "court_document", "An order, a filing, a transcript, a docket entry."
    STATUTE = "statute", "A law."
    SOCIAL_MEDIA = "social_media", "A post on social media."
    DATASET = "dataset", "A table or a database."
    VIDEO = "video", "A recording with pictures."
    OTHER = "other", "Anything else."


class ActorKind(Term):
    """What an actor is."""

    PERSON = "person", "A human being."
    ORGANIZATION = "organization", "A body with a name of its own."
    COURT = "court", "A court or tribunal."
    GOVERNMENT = "government", "A state, its executive, or one of its agencies."
    GROUP = "group", "People without an organization of their own."


class CaseStatus(Term):
    """Whether a case is still followed."""

    OPEN = "open", "Still followed."
    CLOSED = "closed", "Over."


class ChangeKind(Term):
    """Why a record was changed."""

    CORRECTION = "correction", "It was wrong."
    CLARIFICATION = "clarification", "It was right, and could be misread."
    UPDATE = "update", "The world has moved on, or more is known."
    RETRACTION = "retraction", "It should not have been published."


class Visibility(Term):
    """Who may see a record."""

    PUBLIC = "public", "Everyone sees all of it."
    EXISTENCE_ONLY = (
        "existence_only",
        "Without a key one sees that it exists, when it happened, and why no more is shown.",
    )
    RESTRICTED = "restricted", "Only keys see it; to others it does not exist."


class Operation(Term):
    """What an act did to a record."""

    CREATE = "create", "The first revision."
    AMEND = "amend", "A further revision."
    RETRACT = "retract", "Withdrawn; a tombstone stays."
    REINSTATE = "reinstate", "A retraction undone."
    MERGE = "merge", "Found to be another record, which survives."
    DISCLOSE = "disclose", "Unchanged; it came into public sight with what it is part of."
    REDACT = "redact", "A name taken out of the record and of its history."
