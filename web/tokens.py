"""Access tokens: a JWT (RFC 7519), signed with HS256, whose subject is the person's id."""

import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Annotated, Any
from uuid import UUID

import jwt
from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import Request

from events.settings import Settings
from web.problems import Problem

ALGORITHM = "HS256"
LEEWAY = timedelta(seconds=30)  # by which an issuer's clock and ours may differ
VERIFIED = 10_000  # tokens whose signature isn't computed again
ACCESS = "darkroom"  # the audience of tokens that open the services; one made for anything else needs another


class InvalidToken(Exception):
    """A token that is malformed, expired, or made for something else."""


def issue_token(
    settings: Settings, user_id: UUID, lifetime: timedelta, *, audience: str = ACCESS, now: datetime | None = None
) -> str:
    """A token for a person, valid from now on for `lifetime`."""
    issued_at = now or datetime.now(UTC)
    claims: dict[str, Any] = {"sub": str(user_id), "aud": audience, "iat": issued_at, "exp": issued_at + lifetime}
    return jwt.encode(claims, secret(settings), ALGORITHM)


def read_token(settings: Settings, token: str, *, audience: str = ACCESS) -> UUID:
    """The person whom a token is for. Raises InvalidToken if it is malformed, expired, or made for something else."""
    try:
        person, expires = verified(secret(settings), token, audience)
    except (jwt.InvalidTokenError, ValueError) as error:
        raise InvalidToken(type(error).__name__) from error
    if expires <= time.time() - LEEWAY.total_seconds():
        raise InvalidToken(jwt.ExpiredSignatureError.__name__)
    return person


@lru_cache(maxsize=VERIFIED)
def verified(secret: str, token: str, audience: str) -> tuple[UUID, int]:
    """The person whom a token is for, and when it expires, in seconds since 1970: what is signed stays true, but for
    its time. Raises InvalidTokenError or ValueError; that isn't remembered."""
    options: Any = {"require": ["sub", "exp", "aud"]}
    claims = jwt.decode(token, secret, [ALGORITHM], audience=audience, leeway=LEEWAY, options=options)
    return UUID(claims["sub"]), int(claims["exp"])


def secret(settings: Settings) -> str:
    """The key of all tokens. Raises RuntimeError if it is empty: that would let anybody in."""
    if not settings.token_secret:
        raise RuntimeError("DARKROOM_TOKEN_SECRET is empty")
    return settings.token_secret


bearer = HTTPBearer(auto_error=False, bearerFormat="JWT", description="A token from POST /v1/sessions.")


async def viewer(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
) -> UUID:
    """The person who makes a request. Raises Problem 401 without a valid token."""
    if credentials is None:
        raise Problem(401, "A bearer token is needed.", headers={"WWW-Authenticate": "Bearer"})
    try:
        return read_token(request.app.state.settings, credentials.credentials)
    except InvalidToken:
        headers = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
        raise Problem(401, "The token is malformed or expired.", headers=headers) from None


Viewer = Annotated[UUID, Depends(viewer)]
