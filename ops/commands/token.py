"""`darkroom token`: somebody to try things as. Registers them if need be, and prints what opens the services."""

import asyncio
import json
from datetime import timedelta
from uuid import UUID, uuid4

import click

from events.settings import Settings, settings
from ops.errors import Problem
from ops.secrets import with_secrets
from producers.decide.accounts import HANDLE_CLAIM
from producers.gateway.resources import open_gate, whole_milliseconds
from producers.writes.register import register_person
from projections.accounts.users_by_handle import handle_hmac
from projections.private.claims import FINAL
from web import problems
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
    known = with_secrets(settings())
    if not known.handle_secret:
        raise Problem("DARKROOM_HANDLE_SECRET is empty: set it to the one that the gateway and the API have.")
    try:
        user_id, position = asyncio.run(person_with(known, handle.lower(), display_name or handle, zone))
    except problems.Problem as error:
        raise Problem(error.detail) from error
    opened = issue_token(known, user_id, LIFETIME)
    if as_json:
        click.echo(json.dumps({"user_id": str(user_id), "handle": handle, "token": opened, "position": position}))
    else:
        click.echo(opened)


async def person_with(known: Settings, handle: str, display_name: str, zone: str) -> tuple[UUID, str | None]:
    """Who has a handle, and where their registration is in the log if it was made just now."""
    wanted = handle_hmac(known, handle)
    async with open_gate(known, "darkroom-token") as gate:
        holder = await gate.claims.holder(HANDLE_CLAIM, wanted)
        if holder is not None and holder[2] == FINAL:
            return holder[0], None
        plan = await register_person(
            gate.carrier,
            gate.keys,
            gate.store,
            request=uuid4(),
            handle=handle,
            handle_hmac=wanted,
            display_name=display_name,
            zone=zone,
            now=whole_milliseconds(),
        )
        return plan.id, plan.position
