"""A plan: a decision whose facts are in the log's own form, ready to be appended, by this attempt or by another."""

import base64
import json
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from producers.decide.decision import Claim, Decision
from producers.publisher import Record


@dataclass(frozen=True, slots=True)
class Plan:
    """Records to append, and what to answer. `owner` has the claims. Once it is carried out, `done`, and the records
    are gone; `position` is where they went, None where there were none."""

    id: UUID
    event_id: UUID
    owner: UUID
    records: tuple[Record, ...] = ()
    takes: Claim | None = None
    gives_up: Claim | None = None
    position: str | None = None
    done: bool = False

    def carried_out(self, position: str | None) -> "Plan":
        """The same plan, once its records are in the log."""
        return replace(self, records=(), position=position, done=True)

    def to_json(self) -> str:
        """The form that `parse_plan` reads; the same for equal plans."""
        form: dict[str, Any] = {
            "id": str(self.id),
            "event_id": str(self.event_id),
            "owner": str(self.owner),
            "records": [[r.topic, str(r.key), base64.b64encode(r.value).decode()] for r in self.records],
            "takes": self.takes and [self.takes.kind, self.takes.value],
            "gives_up": self.gives_up and [self.gives_up.kind, self.gives_up.value],
            "position": self.position,
            "done": self.done,
        }
        return json.dumps(form, separators=(",", ":"))


def parse_plan(text: str) -> Plan:
    """A plan from its JSON."""
    form = json.loads(text)
    return Plan(
        UUID(form["id"]),
        UUID(form["event_id"]),
        UUID(form["owner"]),
        tuple(Record(topic, UUID(key), base64.b64decode(value)) for topic, key, value in form["records"]),
        Claim(*form["takes"]) if form["takes"] else None,
        Claim(*form["gives_up"]) if form["gives_up"] else None,
        form["position"],
        form["done"],
    )


def planned(decision: Decision, owner: UUID, records: list[Record]) -> Plan:
    """The plan of a decision whose events are these records. Where there are none, it is carried out already."""
    return Plan(
        decision.id,
        decision.event_id,
        owner,
        tuple(records),
        decision.takes,
        decision.gives_up,
        done=not records,
    )
