"""Keeps archives of the servers' classes (Java's class-data sharing): they take a third of the CPU out of a start.

A server that has none yet writes one as it stops, once, in some 3 s. The archives lie beside the jars, so every run and
every test uses the same ones. Java ignores an archive that doesn't fit it: that costs time and nothing else.
"""

import hashlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ops.servers.jars import jars
from ops.servers.java import version

ENDED = (0, 128 + 15)  # exit statuses of a Java that ended as it was asked, and so has written all of its archive


@dataclass(frozen=True)
class Archive:
    """One server's archive. A process writes to `part`, a name of its own, and `keep` then gives it its real one."""

    file: Path
    part: Path

    @property
    def after(self) -> Callable[[int], None] | None:
        """Returns what is to be done when the server has stopped, if it makes an archive (see `Program.after`)."""
        return None if self.file.exists() else self.keep

    def options(self) -> tuple[str, ...]:
        """Returns Java's options to use it, or else to make it."""
        if self.file.exists():
            return ("-Xshare:auto", f"-XX:SharedArchiveFile={self.file}")
        return (f"-XX:ArchiveClassesAtExit={self.part}", "-Xlog:cds=off", "-Xlog:cds+dynamic=off")

    def keep(self, status: int) -> None:
        """Keeps what a process wrote before it ended with this exit status, and deletes older versions' archives."""
        if status in ENDED and self.part.exists():
            self.part.replace(self.file)
            for old in self.file.parent.glob(f"{self.file.name.partition('-')[0]}-*.jsa"):
                if old != self.file:
                    old.unlink(missing_ok=True)
        self.part.unlink(missing_ok=True)


def archive(server: str) -> Archive:
    """Finds the archive of one server's classes (`kafka`), named by the versions of Java and of the jars."""
    folder = jars(server)
    found = sorted((jar.name, jar.stat().st_size, jar.stat().st_mtime_ns) for jar in folder.iterdir())
    key = hashlib.sha256(repr((version(), str(folder), found)).encode()).hexdigest()[:12]
    kept = folder.parent / "classes"
    kept.mkdir(exist_ok=True)
    return Archive(kept / f"{server}-{key}.jsa", kept / f"{server}-{uuid.uuid4().hex}.part")
