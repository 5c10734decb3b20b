"""Refusals: their codes are permanent, each is raised in one place, and each kind has a status."""

import ast
from collections import Counter
from pathlib import Path

import pytest

import producers
from producers.decide import refusals
from producers.decide.refusals import Code, Conflict, Forbidden, Invalid, NotFound, Refusal, TooLarge, TooMany
from producers.gateway.problems import STATUSES, problem_of
from web.problems import problem_response

# Programs tell refusals apart by these: a code is never changed, and never means anything else.
CODES: dict[type[Refusal], set[str]] = {
    NotFound: {
        "comment_not_found",
        "not_a_member",
        "not_following_roll",
        "not_following_user",
        "photo_not_found",
        "photo_not_in_roll",
        "photo_not_liked",
        "roll_not_found",
        "user_not_a_member",
        "user_not_found",
    },
    Forbidden: {
        "account_deactivated",
        "comment_deletion_forbidden",
        "invitation_forbidden",
        "photo_deletion_forbidden",
        "photo_placement_forbidden",
        "photo_removal_forbidden",
        "roll_invitation_required",
        "roll_membership_required",
        "roll_owner_required",
        "self_follow",
    },
    Conflict: {
        "follow_limit",
        "handle_taken",
        "last_owner",
        "membership_limit",
        "owner_erased",
        "photo_ended",
        "photo_not_developed",
        "photo_not_shown",
        "placement_limit",
        "upload_missing",
        "upload_registered",
        "upload_reused",
    },
    Invalid: {
        "avatar_invalid",
        "cover_invalid",
        "display_name_invalid",
        "handle_invalid",
        "idempotency_key_reused",
        "nothing_to_change",
        "role_missing",
        "too_many_rolls",
        "upload_size_invalid",
        "zone_unknown",
    },
    TooLarge: {"record_too_large"},
    TooMany: {"begun_too_often"},
}
STATUS: dict[type[Refusal], int] = {
    NotFound: 404,
    Forbidden: 403,
    Conflict: 409,
    Invalid: 422,
    TooLarge: 413,
    TooMany: 429,
}


def raised() -> Counter[tuple[str, str]]:
    """How often each kind of refusal is made with each code, in the source of producers/."""
    found: Counter[tuple[str, str]] = Counter()
    for path in Path(str(producers.__file__)).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
                code = node.args[0]
                if isinstance(code, ast.Attribute) and ast.unparse(code.value) == "Code":
                    found[node.func.id, Code[code.attr].value] += 1
    return found


def test_each_code_is_raised_in_one_place_by_one_kind_of_refusal() -> None:
    assert raised() == Counter((kind.__name__, code) for kind, codes in CODES.items() for code in codes)


def test_no_two_codes_are_the_same_and_all_are_listed() -> None:
    assert sorted(code for codes in CODES.values() for code in codes) == sorted(code.value for code in Code)


@pytest.mark.parametrize("code", Code)
def test_a_code_is_its_name_in_small_letters(code: Code) -> None:
    assert code.value == code.name.lower()


def test_every_kind_of_refusal_has_its_status() -> None:
    kinds = {each for each in vars(refusals).values() if isinstance(each, type) and issubclass(each, Refusal)}
    assert kinds == {*STATUS, Refusal}
    assert STATUSES == STATUS


@pytest.mark.parametrize("kind", STATUS)
def test_a_refusal_becomes_a_problem_with_its_detail_and_its_members(kind: type[Refusal]) -> None:
    problem = problem_of(kind(Code.UPLOAD_REGISTERED, "It is there.", photo="an id"))
    assert (problem.status, problem.detail, problem.more) == (STATUS[kind], "It is there.", {"photo": "an id"})
    assert b"upload_registered" not in bytes(problem_response(problem).body)
