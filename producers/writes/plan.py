"""Plans: decisions whose events are in the log's own form, ready to be appended, by this attempt or by another."""

import asyncio
import base64
import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from producers.decide.decision import Claim, Decision
from producers.publisher import EncodedRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Records to append, and what to answer.

    `owner` has the claims. Once the plan is executed it is `done` and its records are dropped; `position` is where they
    went, None if there were none."""

    id: UUID
    event_id: UUID
    owner: UUID
    records: tuple[EncodedRecord, ...] = ()
    claim: Claim | None = None
    release: Claim | None = None
    position: str | None = None
    done: bool = False

    def executed(self, position: str | None) -> "Plan":
        """Returns the same plan once its records are in the log, at `position`."""
        return replace(self, records=(), position=position, done=True)

    def to_json(self) -> str:
        """Returns the form that `parse_plan` reads, the same for equal plans.

        It is kept for a day, so its names stay: a new version of the gateway reads what the old one wrote."""
        form: dict[str, Any] = {
            "id": str(self.id),
            "event_id": str(self.event_id),
            "owner": str(self.owner),
            "records": [[r.topic, str(r.key), base64.b64encode(r.value).decode()] for r in self.records],
            "takes": self.claim and [self.claim.kind, self.claim.value],
            "gives_up": self.release and [self.release.kind, self.release.value],
            "position": self.position,
            "done": self.done,
        }
        return json.dumps(form, separators=(",", ":"))


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPlan:
    """A plan and its age, as an attempt has it.

    - `kept_at`: since when it is kept for other attempts, by the database's clock; None if this attempt made it.
    - `age`: how old it was when it was read, in seconds by the same clock: 0 if this attempt made it.
    - `read_at`: when it was read or made, by the event loop's clock."""

    plan: Plan
    kept_at: datetime | None = None
    age: float = 0.0
    read_at: float

    @property
    def tried(self) -> bool:
        """Whether an attempt before this one may have appended its records."""
        return self.kept_at is not None

    def age_at(self, time: float) -> float:
        """Returns its age in seconds, at a time of the event loop's clock."""
        return self.age + time - self.read_at


def new_plan(plan: Plan, made_at: float | None = None) -> KeptPlan:
    """Returns a plan that this attempt made, now or at a time of the event loop's clock."""
    return KeptPlan(plan=plan, read_at=asyncio.get_running_loop().time() if made_at is None else made_at)


def parse_plan(text: str) -> Plan:
    """Reads a plan from its JSON."""
    form = json.loads(text)
    return Plan(
        id=UUID(form["id"]),
        event_id=UUID(form["event_id"]),
        owner=UUID(form["owner"]),
        records=tuple(
            EncodedRecord(topic, UUID(key), base64.b64decode(value)) for topic, key, value in form["records"]
        ),
        claim=parse_claim(form["takes"]),
        release=parse_claim(form["gives_up"]),
        position=form["position"],
        done=form["done"],
    )


def parse_claim(form: list[str] | None) -> Claim | None:
    """Reads a claim from a plan's JSON."""
    return Claim(kind=form[0], value=form[1]) if form else None


def planned(decision: Decision, owner: UUID, records: list[EncodedRecord]) -> Plan:
    """Returns the plan of a decision whose events are these records. Without any it is done already."""
    return Plan(
        id=decision.id,
        event_id=decision.event_id,
        owner=owner,
        records=tuple(records),
        claim=decision.claim,
        release=decision.release,
        done=not records,
    )
