"""Refusals in HTTP: the one table of their statuses."""

from collections.abc import Mapping

from producers.decide.refusals import Conflict, Forbidden, Invalid, NotFound, Refusal, TooLarge, TooMany
from web.problems import Problem

STATUSES: Mapping[type[Refusal], int] = {
    NotFound: 404,
    Forbidden: 403,
    Conflict: 409,
    Invalid: 422,
    TooLarge: 413,
    TooMany: 429,
}


def problem_of(refusal: Refusal) -> Problem:
    """Returns a refusal as a problem: its detail and its members. Its code is not in the body yet."""
    return Problem(STATUSES[type(refusal)], refusal.detail, more=refusal.members)
