"""Everything that is answered with a problem document, one class a situation.

AppError
  requests: what is wrong with a request
    InvalidCursorError         400 invalid-cursor
    UnauthorizedError          401 unauthorized
    ForbiddenError             403 forbidden
    CaseNotAllowedError        403 case-not-allowed
    RouteNotFoundError         404 no-such-route
    MethodNotAllowedError      405 method-not-allowed
    NotAcceptableError         406 not-acceptable
    TooLargeError              413 body-too-large
    QueryTooLongError          414 query-too-long
    UnsupportedMediaTypeError  415 unsupported-media-type
    InvalidRequestError        422 invalid-request, with one FieldProblem for each thing
  records: what stands between a request and its record
    RecordNotFoundError        404 not-found
    ConflictError              409 request-in-progress
    RetractedError             410 retracted
    StaleRevisionError         412 stale-revision
    PreconditionRequiredError  428 precondition-required
  service: what keeps the service from answering
    RateLimitedError           429 rate-limited
    InternalError              500 internal
    UnavailableError           503 unavailable

Raise one where it is known and let it go: `app.core.http` renders them all, in
one place.  A code never changes its meaning.
"""

from app.core.errors.base import PROBLEMS, AppError, FieldProblem, Json, Problem, Where
from app.core.errors.records import (
    ConflictError,
    PreconditionRequiredError,
    RecordNotFoundError,
    RetractedError,
    StaleRevisionError,
)
from app.core.errors.requests import (
    CaseNotAllowedError,
    ForbiddenError,
    InvalidCursorError,
    InvalidRequestError,
    MethodNotAllowedError,
    NotAcceptableError,
    QueryTooLongError,
    RouteNotFoundError,
    TooLargeError,
    UnauthorizedError,
    UnsupportedMediaTypeError,
)
from app.core.errors.service import InternalError, RateLimitedError, UnavailableError

__all__ = [
    "PROBLEMS",
    "AppError",
    "CaseNotAllowedError",
    "ConflictError",
    "FieldProblem",
    "ForbiddenError",
    "InternalError",
    "InvalidCursorError",
    "InvalidRequestError",
    "Json",
    "MethodNotAllowedError",
    "NotAcceptableError",
    "PreconditionRequiredError",
    "Problem",
    "QueryTooLongError",
    "RateLimitedError",
    "RecordNotFoundError",
    "RetractedError",
    "RouteNotFoundError",
    "StaleRevisionError",
    "TooLargeError",
    "UnauthorizedError",
    "UnavailableError",
    "UnsupportedMediaTypeError",
    "Where",
]
