"""A token opens the services for its person, for its time, and for what it was made for."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import jwt
import pytest

from tests.api.world import SETTINGS as WORLDS
from tests.given import ADA
from web.tokens import InvalidToken, issue_token, read_token

SETTINGS = WORLDS.model_copy(update={"token_secret": "t" * 64})
BEGAN = datetime(2100, 1, 1, tzinfo=UTC)
GOOD: dict[str, Any] = {"sub": str(ADA), "aud": "darkroom", "exp": int(BEGAN.timestamp())}


def signed(claims: dict[str, Any], algorithm: str = "HS256", secret: str = SETTINGS.token_secret) -> str:
    """A token with these claims."""
    return jwt.encode(claims, secret, algorithm)


def lacking(name: str) -> dict[str, Any]:
    """The claims without one of them."""
    return {claim: value for claim, value in GOOD.items() if claim != name}


def test_a_token_says_who_and_for_what_and_from_when_to_when() -> None:
    token = issue_token(SETTINGS, ADA, timedelta(minutes=5), now=BEGAN)
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "JWT"}
    began = int(BEGAN.timestamp())
    assert jwt.decode(token, options={"verify_signature": False}) == {
        "sub": str(ADA),
        "aud": "darkroom",
        "iat": began,
        "exp": began + 300,
    }


def test_a_token_is_read_as_its_person() -> None:
    assert read_token(SETTINGS, issue_token(SETTINGS, ADA, timedelta(minutes=5))) == ADA
    assert read_token(SETTINGS, signed(GOOD)) == ADA


@pytest.mark.parametrize("ahead", [timedelta(seconds=2), timedelta(seconds=25)])
def test_an_issuers_clock_may_be_seconds_ahead_or_behind(ahead: timedelta) -> None:
    now = datetime.now(UTC)
    assert read_token(SETTINGS, issue_token(SETTINGS, ADA, timedelta(minutes=5), now=now + ahead)) == ADA
    assert read_token(SETTINGS, issue_token(SETTINGS, ADA, timedelta(0), now=now - ahead)) == ADA


def test_a_token_of_another_purpose_opens_that_and_nothing_else() -> None:
    token = issue_token(SETTINGS, ADA, timedelta(minutes=5), audience="uploads")
    assert read_token(SETTINGS, token, audience="uploads") == ADA
    for wrong, audience in ((token, "darkroom"), (signed(GOOD), "uploads")):
        with pytest.raises(InvalidToken):
            read_token(SETTINGS, wrong, audience=audience)


@pytest.mark.parametrize(
    "token",
    [
        signed(lacking("sub")),
        signed(lacking("aud")),
        signed(lacking("exp")),
        signed(GOOD | {"sub": "ada"}),
        signed(GOOD | {"sub": ""}),
        signed(GOOD | {"exp": int(datetime.now(UTC).timestamp()) - 31}),
        signed(GOOD | {"iat": int(datetime.now(UTC).timestamp()) + 3600}),
        signed(GOOD | {"aud": "Darkroom"}),
        signed(GOOD, "HS512"),
        signed(GOOD, secret="another" * 8),
        signed(GOOD)[:-2],
        "",
        "a.b.c",
    ],
)
def test_what_lacks_something_or_is_of_somebody_else_or_over_is_no_token(token: str) -> None:
    with pytest.raises(InvalidToken):
        read_token(SETTINGS, token)


def test_without_a_secret_no_token_is_made_or_read() -> None:
    bare = SETTINGS.model_copy(update={"token_secret": ""})
    with pytest.raises(RuntimeError, match="DARKROOM_TOKEN_SECRET is empty"):
        issue_token(bare, ADA, timedelta(minutes=5))
    with pytest.raises(RuntimeError, match="DARKROOM_TOKEN_SECRET is empty"):
        read_token(bare, signed(GOOD))


def test_a_token_that_was_good_is_none_when_its_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Though its signature isn't computed again. Seen to fail where the time isn't looked at again."""
    token = issue_token(SETTINGS, ADA, timedelta(minutes=5))
    assert read_token(SETTINGS, token) == ADA
    for late, good in ((320.0, True), (332.0, False)):
        later = datetime.now(UTC).timestamp() + late
        monkeypatch.setattr("web.tokens.time", SimpleNamespace(time=lambda later=later: later))
        if good:
            assert read_token(SETTINGS, token) == ADA
        else:
            with pytest.raises(InvalidToken):
                read_token(SETTINGS, token)
