"""A small world that people act in: seeded, so that the same seed makes the same facts.

It remembers what stands, so that most undos name what they end; and it makes what a log must expect: the same fact
again, an undo before its beginning, an undo of something that never was.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from events import generated as g
from events.generated import Event
from events.ids import derived_id
from tests.faults.pictures import Pictures

START = datetime(2026, 6, 1, 8, tzinfo=UTC)
Fields = dict[str, Any]
BYSTANDERS = 8  # people who are registered and of whom no more facts come: they can always use the gateway
AGAIN, EARLY = 0.03, 0.01  # of all facts: appended twice; an undo that comes before its beginning


@dataclass
class Standing:
    """Beginnings that stand, by what they are of: (someone, something) -> the beginning's id."""

    held: dict[tuple[UUID, UUID], UUID] = field(default_factory=dict[tuple[UUID, UUID], UUID])

    def toggle(self, chooser: random.Random, pair: Fields, identity: UUID) -> UUID | None:
        """The beginning to end, or None: it begins now, under this id. Sometimes it begins twice."""
        one, other = pair.values()
        known = self.held.get((one, other))
        if known is None or chooser.random() < 0.2:
            self.held[one, other] = identity
            return None
        del self.held[one, other]
        return known


class World:
    """Makes facts. `events(n)` are the next n, about `people`."""

    def __init__(self, seed: int, people: int = 300) -> None:
        self.seed, self.chooser = seed, random.Random(seed)
        everybody = [uuid5(NAMESPACE_URL, f"darkroom {seed} person {n}") for n in range(people + BYSTANDERS)]
        self.people, self.bystanders = everybody[:people], everybody[people:]
        self._number = 0
        self._now = START
        self._recent: list[Event] = []
        self._follows, self._likes, self._members, self._roll_follows = (Standing() for _ in range(4))
        self._roles: dict[UUID, str] = {}
        self.rolls: list[tuple[UUID, UUID]] = []  # roll, creator
        self._comments: list[g.CommentPosted] = []
        self._handles: dict[UUID, str] = {}
        self.pictures = Pictures(self)
        actions: dict[Callable[[], Sequence[Event]], int] = {
            self._like: 34, self._follow: 15, self._comment: 12, self.pictures.happen: 18, self._member: 10,
            self._roll_follow: 5, self._roll: 3, self._profile: 3,
        }  # fmt: skip
        self._actions, self._weights = list(actions), list(actions.values())

    def facts(self, identity: UUID | None = None) -> dict[str, Any]:
        """The fields that every event begins with."""
        self._number += 1
        self._now += timedelta(seconds=self.chooser.random() * 20)
        fresh = uuid5(NAMESPACE_URL, f"darkroom {self.seed} fact {self._number}")
        return {"event_id": identity or fresh, "occurred_at": self._now, "actor_id": self.someone()}

    @property
    def now(self) -> datetime:
        """The world's clock."""
        return self._now

    def someone(self) -> UUID:
        """A person; the first ones more often."""
        return self.people[int(len(self.people) * self.chooser.random() ** 2)]

    def begin(self) -> list[Event]:
        """Everybody registers, and there are some rolls."""
        events: list[Event] = [self._register(person) for person in (*self.people, *self.bystanders)]
        for _ in range(max(3, len(self.people) // 10)):
            events += self._new_roll()
        return events

    def events(self, count: int) -> list[Event]:
        """The next facts, about so many."""
        made: list[Event] = []
        while len(made) < count:
            (action,) = self.chooser.choices(self._actions, self._weights)
            made += action()
            if self._recent and self.chooser.random() < AGAIN:
                made.append(self.chooser.choice(self._recent))
            self._recent = (self._recent + made[-2:])[-200:]
        return made

    def _register(self, person: UUID) -> Event:
        handle = self._handles[person] = f"person{self._number}"
        zone = self.chooser.choice(("Europe/Oslo", "America/New_York", "Pacific/Apia"))
        return g.UserRegistered(
            **self.facts(),
            user_id=person,
            handle=handle,
            handle_hmac=f"hmac-{handle}",
            display_name=f"P {handle}",
            zone=zone,
        )

    def _profile(self) -> Sequence[Event]:
        who, dice = self.someone(), self.chooser.random()
        if dice < 0.5:
            changed = tuple(self.chooser.sample(("display_name", "bio", "avatar_id"), self.chooser.randint(1, 2)))
            values: dict[str, Any] = {"display_name": f"Name {self._number}", "bio": f"I am {self._number}"}
            values["avatar_id"] = self.chooser.choice([None, *self.pictures.ids[-5:]])
            set_here = {name: values[name] for name in changed}
            return [g.ProfileChanged(**self.facts(), user_id=who, changed=changed, **set_here)]
        if dice < 0.7:
            old, new = self._handles[who], f"renamed{self._number % 50}"
            self._handles[who] = new
            hmacs: Fields = {"handle_hmac": f"hmac-{new}", "old_handle_hmac": f"hmac-{old}"}
            return [g.HandleChanged(**self.facts(), user_id=who, handle=new, **hmacs)]
        kind = g.UserDeactivated if dice < 0.85 else g.UserReactivated
        return [kind(**self.facts(), user_id=who)]

    def _follow(self) -> Sequence[Event]:
        pair: Fields = {"follower_id": self.someone(), "followee_id": self.someone()}
        facts = self.facts()
        ended = self._follows.toggle(self.chooser, pair, facts["event_id"])
        if ended is None:
            return self._maybe_early(g.UserFollowed(**facts, **pair), g.UserUnfollowed, "follow_id", pair)
        return [g.UserUnfollowed(**facts, **pair, follow_id=ended)]

    def _like(self) -> Sequence[Event]:
        photo = self.pictures.any()
        if photo is None:
            return []
        pair: Fields = {"photo_id": photo, "liker_id": self.someone()}
        facts = self.facts()
        ended = self._likes.toggle(self.chooser, pair, facts["event_id"])
        if ended is None:
            return self._maybe_early(g.PhotoLiked(**facts, **pair), g.PhotoUnliked, "like_id", pair)
        return [g.PhotoUnliked(**facts, **pair, like_id=ended)]

    def _maybe_early(self, begin: Event, undo: Any, field_name: str, pair: Fields) -> Sequence[Event]:
        """A beginning; rarely after its own undo, or with the undo of a beginning that never was."""
        dice = self.chooser.random()
        if dice < EARLY:
            return [undo(**self.facts(), **pair, **{field_name: begin.event_id}), begin]
        if dice < 2 * EARLY:
            facts = self.facts()
            return [undo(**facts, **pair, **{field_name: derived_id(facts["event_id"], "nothing")}), begin]
        return [begin]

    def _comment(self) -> Sequence[Event]:
        photo = self.pictures.any()
        if photo is None:
            return []
        if self._comments and self.chooser.random() < 0.25:
            posted = self._comments.pop(self.chooser.randrange(len(self._comments)))
            ids: Fields = {"photo_id": posted.photo_id, "author_id": posted.author_id, "comment_id": posted.event_id}
            return [g.CommentDeleted(**self.facts(), **ids, posted_at=posted.occurred_at)]
        posted = g.CommentPosted(
            **self.facts(), photo_id=photo, author_id=self.someone(), text=f"Lovely {self._number}"
        )
        self._comments.append(posted)
        return [posted]

    def _new_roll(self) -> Sequence[Event]:
        facts, creator = self.facts(), self.someone()
        roll = derived_id(facts["event_id"], "roll")
        self.rolls.append((roll, creator))
        joined = self.facts()
        self._members.held[roll, creator] = joined["event_id"]
        visibility = self.chooser.choice(("public", "private"))
        of_roll: Fields = {"title": f"Roll {self._number}", "theme": "night", "visibility": visibility}
        return [
            g.RollCreated(**facts, roll_id=roll, creator_id=creator, **of_roll),
            g.MemberJoined(**joined, roll_id=roll, member_id=creator, role="owner"),
        ]

    def _roll(self) -> Sequence[Event]:
        dice = self.chooser.random()
        if dice < 0.5:
            return self._new_roll()
        roll, creator = self.chooser.choice(self.rolls)
        if dice < 0.95:
            changed = tuple(self.chooser.sample(("title", "cover_id", "visibility"), 2))
            values: dict[str, Any] = {"title": f"Again {self._number}", "cover_id": None, "visibility": "public"}
            set_here = {name: values[name] for name in changed}
            return [g.RollChanged(**self.facts(), roll_id=roll, creator_id=creator, changed=changed, **set_here)]
        return [g.RollDeleted(**self.facts(), roll_id=roll, creator_id=creator)]

    def _member(self) -> Sequence[Event]:
        roll, _ = self.chooser.choice(self.rolls)
        who, facts = self.someone(), self.facts()
        pair: Fields = {"roll_id": roll, "member_id": who}
        known = self._members.held.get((roll, who))
        if known is None and self.chooser.random() < 0.2:
            return [g.MemberInvited(**facts, **pair)]
        if known is None:
            self._members.held[roll, who] = facts["event_id"]
            return [g.MemberJoined(**facts, **pair, role="member")]
        if self.chooser.random() < 0.4:
            role = self.chooser.choice(("owner", "member"))
            return [g.MemberRoleChanged(**facts, **pair, membership_id=known, role=role)]
        del self._members.held[roll, who]
        kind = self.chooser.choice((g.MemberLeft, g.MemberRemoved))
        return [kind(**facts, **pair, membership_id=known)]

    def _roll_follow(self) -> Sequence[Event]:
        roll, _ = self.chooser.choice(self.rolls)
        pair: Fields = {"roll_id": roll, "follower_id": self.someone()}
        facts = self.facts()
        ended = self._roll_follows.toggle(self.chooser, pair, facts["event_id"])
        if ended is None:
            return self._maybe_early(g.RollFollowed(**facts, **pair), g.RollUnfollowed, "follow_id", pair)
        return [g.RollUnfollowed(**facts, **pair, follow_id=ended)]
