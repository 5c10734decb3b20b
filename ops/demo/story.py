"""Plays the demo, step by step. Each step returns a line that says what it did, or raises CheckFailed."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from events.settings import Settings
from ops.commands.token import LIFETIME, find_or_register
from ops.demo.client import CheckFailed, Person, wait_until
from ops.demo.embargo import TakenPhoto, check_embargo
from ops.demo.pictures import Picture, upright
from processors.film.sheet import contact_sheet
from web.tokens import issue_token

CAST = (
    ("ada", "Ada Lindqvist", "Europe/Stockholm"),
    ("grace", "Grace Okafor", "America/New_York"),
    ("kenji", "Kenji Mori", "Asia/Tokyo"),
    ("tui", "Tui Faleolo", "Pacific/Apia"),
)
SHEET_PX = 640


class Story:
    """The demo's state from step to step."""

    def __init__(self, settings: Settings, pictures: list[Picture]):
        self.settings, self.pictures = settings, pictures
        self.people: list[Person] = []
        self.rolls: list[str] = []
        self.photos: list[TakenPhoto] = []
        self.sheet = settings.home / "demo" / "contact-sheet.jpg"

    def steps(self) -> list[tuple[str, Callable[[], str]]]:
        """Lists the steps in order."""
        return [
            ("people", self.gather),
            ("rolls", self.open_rolls),
            ("photos", self.take_photos),
            ("embargo", self.ask_too_early),
            ("developing", self.wait_for_developing),
            ("reactions", self.react),
            ("second thoughts", self.change_minds),
            ("contact sheet", self.print_sheet),
        ]

    def gather(self) -> str:
        """Registers the cast, who follow each other."""
        for handle, name, zone in CAST:
            user_id, position = asyncio.run(
                find_or_register(self.settings, handle=handle, display_name=name, zone=zone)
            )
            token = issue_token(self.settings, user_id, LIFETIME)
            self.people.append(Person(handle, user_id, token, self.settings, position or ""))
        positions = ",".join(person.after for person in self.people if person.after)
        for person in self.people:
            person.after = positions
            wait_until(f"{person.handle} is known", lambda p=person: p.read("/v1/me").status_code == 200)
        ada = self.people[0]
        for person in self.people[1:]:
            person.write("PUT", f"/v1/users/{ada.user_id}/follow")
        ada.write("PUT", f"/v1/users/{self.people[1].user_id}/follow")
        following = len(self.people) - 1
        wait_until("ada is followed", lambda: ada.get("/v1/me")["counts"]["followers"] == following)
        return f"{len(self.people)} people in {len(CAST)} time zones; {following} follow ada"

    def open_rolls(self) -> str:
        """Opens a public roll that everybody joins, and a private one of its owner's alone."""
        ada, grace = self.people[:2]
        public = ada.write("POST", "/v1/rolls", {"title": "Midsummer", "theme": "summer", "visibility": "public"})
        private = grace.write("POST", "/v1/rolls", {"title": "Kitchen table", "theme": "", "visibility": "private"})
        self.rolls = [public["id"], private["id"]]
        for person in self.people[1:]:
            person.after = ada.after
            person.write("PUT", f"/v1/rolls/{self.rolls[0]}/members/{person.user_id}")
        wait_until("all are members", lambda: ada.get(f"/v1/rolls/{self.rolls[0]}")["counts"]["members"] == 4)
        if ada.read(f"/v1/rolls/{self.rolls[1]}").status_code != 404:
            raise CheckFailed("ada sees grace's private roll")
        return "Midsummer (public, 4 members) and Kitchen table (private, grace alone)"

    def take_photos(self) -> str:
        """Has everybody take photographs in turn."""
        for number, picture in enumerate(self.pictures):
            owner = self.people[number % len(self.people)]
            owner.after = ",".join({self.people[0].after, owner.after} - {""})
            taken_at = (datetime.now(UTC) - timedelta(minutes=len(self.pictures) - number)).isoformat()
            photo_id = owner.take_photo(picture, [self.rolls[0]], taken_at)
            seen = wait_until("the photo is there", lambda o=owner, i=photo_id: found(o, i), 30)
            develops_at = datetime.fromisoformat(seen["develops_at"])
            self.photos.append(TakenPhoto(photo_id, owner, self.rolls[0], picture.name, develops_at))
        return f"{len(self.photos)} photographs uploaded and registered, all into Midsummer"

    def ask_too_early(self) -> str:
        """Asks for every photo in every endpoint, as everybody, before it has developed."""
        asked = check_embargo(self.photos, self.people)
        never = [taken.name for taken in self.photos if not asked[taken.photo_id]]
        if never:
            raise CheckFailed(
                f"{', '.join(never)} had developed before anybody asked: nothing was shown. Slow machine? "
                "Give it longer: DARKROOM_DEVELOP=60s make demo"
            )
        return f"{sum(asked.values())} questions before their time, and nobody saw a photo"

    def wait_for_developing(self) -> str:
        """Waits until tui sees all photos in the roll."""
        tui = self.people[-1]
        wanted = {taken.photo_id for taken in self.photos}
        patience = 60 + (max(taken.develops_at for taken in self.photos) - datetime.now(UTC)).total_seconds()

        def developed() -> bool:
            return {item["id"] for item in tui.items(f"/v1/rolls/{self.rolls[0]}/photos")} == wanted

        wait_until("every photo is in the roll's feed", developed, patience)
        counts = wait_until("the roll has none developing", self._settled)
        return f"{counts['photos']} photos in the roll's feed, {counts['developing']} developing"

    def _settled(self) -> dict[str, int] | None:
        counts = self.people[0].get(f"/v1/rolls/{self.rolls[0]}")["counts"]
        return counts if counts["developing"] == 0 and counts["photos"] == len(self.photos) else None

    def react(self) -> str:
        """Has everybody like the first photo, one take it back, and two comment."""
        first, *_ = self.photos
        for person in self.people:
            person.write("PUT", f"/v1/photos/{first.photo_id}/like")
        grace, kenji = self.people[1:3]
        grace.write("DELETE", f"/v1/photos/{first.photo_id}/like")
        for person, text in ((kenji, "That light!"), (grace, "Save me a print.")):
            person.write("POST", f"/v1/photos/{first.photo_id}/comments", {"text": text})

        def counted() -> bool:
            photo = self.people[0].get(f"/v1/photos/{first.photo_id}")
            return photo["counts"] == {"likes": len(self.people) - 1, "comments": 2} and photo["viewer"]["liked"]

        wait_until("likes and comments are counted", counted)
        if grace.get(f"/v1/photos/{first.photo_id}")["viewer"]["liked"]:
            raise CheckFailed("grace took her like back and still likes the photo")
        return f"{len(self.people)} likes, one of them taken back: {len(self.people) - 1}; 2 comments"

    def change_minds(self) -> str:
        """Deletes the last photo, and removes kenji from the roll."""
        ada, kenji, last = self.people[0], self.people[2], self.photos[-1]
        last.owner.write("DELETE", f"/v1/photos/{last.photo_id}")
        ada.after = ",".join({ada.after, last.owner.after})
        if last.photo_id in ada.read(f"/v1/rolls/{self.rolls[0]}/photos?limit=100").text:
            raise CheckFailed("a deleted photo still shows")
        ada.write("DELETE", f"/v1/rolls/{self.rolls[0]}/members/{kenji.user_id}")

        def settled() -> bool:
            counts = ada.get(f"/v1/rolls/{self.rolls[0]}")["counts"]
            return counts["members"] == len(self.people) - 1 and counts["photos"] == len(self.photos) - 1

        wait_until("the counts follow", settled)
        return f"one photo deleted, one member removed: {len(self.photos) - 1} photos, {len(self.people) - 1} members"

    def print_sheet(self) -> str:
        """Makes the contact sheet: before beside after, of every photo that is left, as its URL gives it."""
        ada = self.people[0]
        after = {item["id"]: item for item in ada.items(f"/v1/rolls/{self.rolls[0]}/photos")}
        pairs = []
        for taken, picture in zip(self.photos, self.pictures, strict=True):
            if taken.photo_id in after:
                data = ada.http.get(after[taken.photo_id]["images"]["full"]["url"]).raise_for_status().content
                pairs.append((picture.name, upright(picture.data, SHEET_PX), upright(data, SHEET_PX)))
        self.sheet.parent.mkdir(parents=True, exist_ok=True)
        self.sheet.write_bytes(contact_sheet(pairs))
        return f"{relative(self.sheet)}: {len(pairs)} photographs, before beside after"


def found(owner: Person, photo_id: str) -> dict[str, str] | None:
    """Reads the owner's view of a photo; None until it is there."""
    answer = owner.read(f"/v1/photos/{photo_id}")
    return answer.json() if answer.status_code == 200 else None


def relative(path: Path) -> str:
    """Shortens a path to one relative to the working directory, if it lies in that."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
