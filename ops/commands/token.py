"""`darkroom token`: registers a user if need be, and prints a token with which to try things as them."""

import asyncio
import json
from datetime import timedelta
from uuid import UUID, uuid4

import click

from events.settings import Settings, settings
from ops.errors import OperatorError
from ops.secrets import with_secrets
from producers.decide.accounts import HANDLE_CLAIM
from producers.decide.refusals import Refusal
from producers.gateway.resources import open_resources, whole_milliseconds
from producers.writes.register import register_user
from projections.accounts.users_by_handle import handle_hmac
from projections.store.cassandra import connected
from web.tokens import issue_token

LIFETIME = timedelta(days=30)


@click.command()
@click.argument("handle")
@click.option("--display-name", help="The name shown beside photos; the handle, if it isn't given.")
@click.option("--zone", default="UTC", show_default=True, help="The IANA time zone in which photos develop.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print user_id, handle, token and position (if it was registered)."
)
def token(handle: str, display_name: str | None, zone: str, as_json: bool) -> None:
    """Print a token for HANDLE, who is registered first if nobody has the handle.

    The token is valid for 30 days. Signing up for real, with a phone number, isn't built yet.

    \b
    Examples:
      darkroom token ada
      darkroom token grace --display-name "Grace Hopper" --zone America/New_York --json
      curl -H "Authorization: Bearer $(darkroom token ada)" localhost:8000/v1/me
    """
    chosen = with_secrets(settings())
    if not chosen.handle_secret:
        raise OperatorError("DARKROOM_HANDLE_SECRET is empty: set it to the one that the gateway and the API have.")
    try:
        user_id, position = asyncio.run(
            find_or_register(chosen, handle=handle.lower(), display_name=display_name or handle, zone=zone)
        )
    except Refusal as refusal:
        raise OperatorError(refusal.detail) from refusal
    opened = issue_token(chosen, user_id, LIFETIME)
    if as_json:
        click.echo(json.dumps({"user_id": str(user_id), "handle": handle, "token": opened, "position": position}))
    else:
        click.echo(opened)


async def find_or_register(settings: Settings, *, handle: str, display_name: str, zone: str) -> tuple[UUID, str | None]:
    """Finds who has a handle, or registers a user with it.

    Returns the user's id, and the position of the registration in the log if it was made just now."""
    wanted = handle_hmac(settings, handle)
    async with open_resources(settings, "darkroom-token", connected) as resources:
        holder = await resources.claims.holder(kind=HANDLE_CLAIM, value=wanted)
        if holder is not None and holder.final:
            return holder.owner, None
        plan = await register_user(
            resources.executor,
            resources.keys,
            resources.store,
            request=uuid4(),
            handle=handle,
            handle_hmac=wanted,
            display_name=display_name,
            zone=zone,
            now=whole_milliseconds(),
        )
        return plan.id, plan.position
