"""The guided run: what Jane does in OneDrive, and what has to become of it in CELUM."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from local.demo import files
from local.demo.checks import Checks, StoryEndedError
from local.demo.dam import Dam
from local.demo.memory import MIB, Memory
from local.demo.person import FOLDER, Person
from local.demo.screen import Screen
from local.demo.watching import Watching

APPROVED = {"UsageRights": "Worldwide", "Market": "NO", "ApprovalStatus": "Approved"}
CAMPAIGN, OFFICE = "/Marketing/Campaigns/Spring-26", "/Marketing/Office/Sales"
IN_CELUM, HELD = "In CELUM", "Held"
LOOK_SECONDS = 0.25
PATIENCE_SECONDS = 120  # with a file …
PATIENCE_PER_GIB = 120  # … and more of it with a long one
FLAT_BYTES = 64 * MIB  # the budget of the app's memory above idle, however long a file is


@dataclass(slots=True)
class Delivered:
    """A file that Jane put there, and what has to be true of its asset."""

    name: str
    fields: Mapping[str, str]
    version: int = 1
    item: str = ""
    size: int = 0
    sent: str = ""  # SHA-256 of what Jane sent last; "" for a film
    collection: str = CAMPAIGN
    flow: str = "campaign-masters"

    @property
    def stem(self) -> str:
        """How its asset is called."""
        return self.name.rpartition("/")[2].rpartition(".")[0]


@dataclass(slots=True)
class Story:
    jane: Person
    dam: Dam
    watching: Watching
    screen: Screen
    checks: Checks
    film_bytes: int
    app_pid: Callable[[], int]
    delivered: list[Delivered] = field(default_factory=list)

    async def tell(self) -> None:
        await self.files_arrive()
        await self.a_film_arrives()
        await self.an_edit_is_held()
        await self.rights_are_missing()
        await self.documents_say_what_they_are()

    async def files_arrive(self) -> None:
        self.screen.title(f"1  Jane puts approved files into {FOLDER}")
        made = {
            "Launch deck.pptx": files.slides("Spring launch", "Spring is coming", "Three markets", "One look"),
            "Creative brief.docx": files.text("Creative brief", "Warm light, no props, one idea."),
            "Media plan.xlsx": files.sheet("Media plan", ("Market", "Budget"), ("NO", 120000), ("DE", 340000)),
            "Hero.png": files.picture("Spring 26", "PNG"),
        }
        titles = {"Launch deck.pptx": "Spring launch", "Creative brief.docx": "Creative brief"}
        titles |= {"Media plan.xlsx": "Media plan", "Hero.png": "Hero, landscape"}
        put = [await self._put(name, data, titles[name]) for name, data in made.items()]
        await self.jane.fill("Hero.png", Title=titles["Hero.png"])
        for each in put:
            await self.jane.fill(each.name, **APPROVED)
        await self._until(IN_CELUM, *put)

    async def a_film_arrives(self) -> None:
        size = self.film_bytes
        self.screen.title(f"2  Jane uploads a film of {files_size(size)}")
        self.screen.say("It has a video's name and header; the rest is noise, for nobody looks at it.")
        memory = Memory(self.app_pid())
        film = Delivered("Launch film.mp4", self._fields("Launch film"), size=size)
        with self.screen.following([film.name]) as follow:
            film.item = await self.jane.upload(
                film.name,
                size,
                files.film(size),
                lambda sent: follow.show(film.name, sent / size, f"goes to OneDrive, {sent / size:.0%}"),
            )
        await self.jane.fill(film.name, **APPROVED)
        self.delivered.append(film)
        await self._until(IN_CELUM, film)
        self._judge(memory)

    def _judge(self, memory: Memory) -> None:
        if memory.idle is None or memory.growth is None:
            self.screen.say("How much memory the app needed for it is not told by this system.")
            return
        said = (
            f"the app held {memory.idle / MIB:.0f} MiB before and at most {memory.growth / MIB:.0f} MiB more meanwhile"
        )
        self.checks.that(said, memory.growth < FLAT_BYTES, f"more than {FLAT_BYTES / MIB:.0f} MiB")

    async def an_edit_is_held(self) -> None:
        brief = next(each for each in self.delivered if each.name == "Creative brief.docx")
        self.screen.title(f"3  Jane edits {brief.name} after its approval")
        edited = files.text("Creative brief", "Warm light, no props.", "Two ideas.")
        await self.jane.put(brief.name, edited)
        brief.sent = sha256(edited).hexdigest()
        await self._until(HELD, brief)
        await self._note(brief, "approve")
        await self._asset_count(brief, versions=1)
        self.screen.say("She looks at it again: Draft, then Approved.")
        await self.jane.fill(brief.name, ApprovalStatus="Draft")
        await self.jane.fill(brief.name, ApprovalStatus="Approved")
        brief.version = 2
        await self._until(IN_CELUM, brief)
        await self._asset_count(brief, versions=2)

    async def rights_are_missing(self) -> None:
        self.screen.title("4  Jane forgets the usage rights of a picture")
        name = "Backstage.jpg"
        photo = await self._put(name, files.picture("Backstage", "JPEG"), "Backstage")
        await self.jane.fill(name, Market="NO", ApprovalStatus="Approved")
        await self._until(HELD, photo)
        await self._note(photo, "Usage rights is empty")
        await self._asset_count(photo, versions=0)
        self.screen.say("She fills them in.")
        await self.jane.fill(name, UsageRights=APPROVED["UsageRights"])
        await self._until(IN_CELUM, photo)

    async def documents_say_what_they_are(self) -> None:
        self.screen.title("5  Jane marks documents of /Office/Sales as final")
        self.screen.say("What they are stands in themselves: category, language and a custom property, Region.")
        region = {"Region": "Nordics"}
        price_list = files.sheet("Price list 2027", ("Skates", 4990), category="Rocket skates", custom=region)
        guide = files.text("Product guide", "Light them and hold on.", category="Rocket skates", language="en-GB")
        said = {"Product line": "Rocket skates", "Usage rights": "Internal use only"}
        put = [
            await self._say("/Office/Sales/Price list.xlsx", price_list, {"Title": "Price list 2027"} | said | region),
            await self._say(
                "/Office/Sales/Guide.docx", guide, {"Title": "Product guide", "Languages": "English"} | said
            ),
        ]
        await self._until(IN_CELUM, *put)

    async def _say(self, name: str, data: bytes, fields: Mapping[str, str]) -> Delivered:
        return await self._deliver(Delivered(name, fields, collection=OFFICE, flow="office-documents"), data)

    async def _put(self, name: str, data: bytes, title: str) -> Delivered:
        return await self._deliver(Delivered(name, self._fields(title)), data)

    async def _deliver(self, put: Delivered, data: bytes) -> Delivered:
        put.item, put.size, put.sent = await self.jane.put(put.name, data), len(data), sha256(data).hexdigest()
        self.delivered.append(put)
        return put

    def _fields(self, title: str) -> dict[str, str]:
        return {"Campaign": "Spring-26", "Title": title, "Market": "Norway", "Usage rights": APPROVED["UsageRights"]}

    async def _until(self, status: str, *put: Delivered) -> None:
        """Follow the files until the column in OneDrive says so for each."""
        patience = PATIENCE_SECONDS + sum(each.size for each in put) / (1024 * MIB) * PATIENCE_PER_GIB
        waiting = {each.name: each for each in put}
        try:
            with self.screen.following(waiting) as follow:
                async with asyncio.timeout(patience):
                    while waiting:
                        for each in list(waiting.values()):
                            if (await self.jane.columns(each.name)).get("SyncStatus") == status:
                                follow.show(each.name, 1 if status == IN_CELUM else 0, status)
                                del waiting[each.name]
                            else:
                                way = await self.watching.way_of(each.item, each.flow)
                                follow.show(each.name, way.part, way.words)
                        await asyncio.sleep(LOOK_SECONDS)
        except TimeoutError as late:
            said = f"{', '.join(waiting)}: Sync status is not {status} after {patience:.0f} s"
            raise StoryEndedError(said) from late

    async def _note(self, put: Delivered, needle: str) -> None:
        note = str((await self.jane.columns(put.name)).get("SyncNote", ""))
        self.checks.that(f'it is held, and its Sync note says "{note}"', needle in note, f"no {needle!r} in it")

    async def _asset_count(self, put: Delivered, *, versions: int) -> None:
        found = [await self.dam.count_versions(asset) for asset in await self.dam.assets() if asset.name == put.stem]
        wanted = [versions] if versions else []
        what = f"CELUM has {versions} version{'s' * (versions != 1)} of it" if versions else "CELUM has nothing of it"
        self.checks.equal(what, found, wanted)


def files_size(size: int) -> str:
    return f"{size / MIB / 1024:g} GiB" if size >= 1024 * MIB else f"{size / MIB:g} MiB"
