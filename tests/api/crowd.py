"""A crowded world: of everything that an answer may have to read there is some, and of most things `size`."""

from datetime import timedelta

from events import generated as g
from events.generated import Event
from tests.api.world import MORNING, ApiWorld, named

BATCH = 500
LONG_AGO = MORNING - timedelta(days=400)
TOMORROW = MORNING + timedelta(days=1)


async def crowded(size: int) -> ApiWorld:
    """Ada, bo, and so many others: rolls, private ones too, which they share, photos in several of them, portraits,
    covers, likes, comments; and of all of these some that have ended, are hidden, or can't be seen yet."""
    world = ApiWorld()
    events: list[Event] = [*map(world.person, ("ada", "bo", "cy")), *world.roll("lake", "ada")]
    events += [*world.roll("den", "ada", "private"), world.joined("den", "bo")]
    events += world.developed("dusk", "ada", "lake", "den")
    events += world.developed("first", "cy", "lake", "den", develops_at=LONG_AGO)
    events += [world.cover(roll, "ada", "first") for roll in ("lake", "den")]
    for who in ("ada", "bo"):
        events += [*world.developed(f"face of {who}", who, on_profile=True), world.portrait(who, f"face of {who}")]
    for n in range(size):
        events += one_more(world, n)
    await world.log.append(*events)
    await world.worker.fold_all(world.log, BATCH)
    return world


def one_more(world: ApiWorld, n: int) -> list[Event]:
    """One more of everything."""
    who, at = f"p{n}", MORNING - timedelta(hours=7 * n)
    club, cellar, shown, held = f"club {n}", f"cellar {n}", f"shown {n}", f"held {n}"
    follow, comment = world.followed(who, "ada"), world.commented("dusk", who, f"text {n}")
    events: list[Event] = [world.person(who), follow, world.followed("ada", who), world.joined("lake", who), comment]
    events += [world.joined("den", who), world.liked("dusk", who), *world.developed(f"face of {who}", who)]
    events += [world.portrait(who, f"face of {who}"), *world.roll(club, "ada"), *world.roll(cellar, who, "private")]
    events += [world.joined(club, who), world.joined(cellar, "ada"), world.joined(cellar, "bo")]
    events += world.developed(shown, who, "lake", "den", club, cellar, on_profile=True, develops_at=at)
    events += world.developed(held, "ada", "lake", club, cellar, on_profile=True, develops_at=at)
    events += [world.cover(club, "ada", shown), world.cover(cellar, who, held), world.liked(shown, "ada")]
    events += [world.commented(shown, "bo", "Oh"), world.liked(shown, "bo"), world.followed("bo", who)]
    events += [world.followed(who, "bo"), *world.taken(f"next {n}", "ada", "lake", club, develops_at=TOMORROW)]
    for k in range(4 if n % 5 == 2 else 0):
        events += world.developed(f"more {n} {k}", "ada", club, develops_at=at + timedelta(minutes=k + 1))
        events += [*world.developed(f"old {n}", "cy", club, develops_at=LONG_AGO), world.cover(club, "ada", f"old {n}")]
    events += [*world.taken(f"bad {n}", "ada", "den", develops_at=at), rejected(world, f"bad {n}", n)]
    return events + (some_end(world, n, follow, comment) if n % 5 == 1 else [])


def rejected(world: ApiWorld, name: str, n: int) -> Event:
    """The rejection of one of ada's photos."""
    about = world.about(name, "ada", MORNING - timedelta(hours=7 * n))
    return g.PhotoRejected(**world.begin(), **about, code="size", reason="It is too large.")


def some_end(world: ApiWorld, n: int, follow: g.UserFollowed, comment: g.CommentPosted) -> list[Event]:
    """A person hides, a photo, a follow and a comment end, and a private roll is deleted."""
    about = world.about(f"held {n}", "ada", MORNING - timedelta(hours=7 * n))
    ended = {"follower_id": follow.follower_id, "followee_id": follow.followee_id, "follow_id": follow.event_id}
    return [
        g.UserDeactivated(**world.begin(), user_id=named(f"p{n}")),
        g.PhotoDeleted(**world.begin(), **about),
        g.UserUnfollowed(**world.begin(), **ended),
        g.CommentDeleted(
            **world.begin(),
            photo_id=comment.photo_id,
            author_id=comment.author_id,
            comment_id=comment.event_id,
            posted_at=comment.occurred_at,
        ),
        g.RollDeleted(**world.begin(), roll_id=named(f"cellar {n}"), creator_id=named(f"p{n}")),
    ]
