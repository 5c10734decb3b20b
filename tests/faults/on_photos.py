"""What can happen to photos on their way: the object store is gone while they are to be filtered, or it is another
one's bucket; the processes that filter them are killed, or stop."""

import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

import psutil

from ops.secrets import with_values
from processors.catalog import reactors
from producers.s3 import s3_client
from tests.faults.photos import Photos, jpeg, slow_png
from tests.faults.processes import until
from tests.faults.system import System
from tests.faults.workers import WorkerProcess

PHOTOS = 6
SLOW, KILLS = 2, 6  # photos that take long to filter, and how many of their film workers are killed
LONG = 3.0  # seconds without progress that are waited for, to see that there is none
# Seconds of CPU: a film worker has used 0.3 when it is ready, and a slow picture takes another 0.7.
AT_WORK = 0.45
FILM = "processors.film.sandbox.worker"
LANES = tuple(reactor.name for reactor in reactors() if reactor.name.startswith("filter"))
ALL = (*LANES, "develop")
WRONG = "another-bucket"


def photos_to_filter(made: System, photos: Photos, without: str = "") -> WorkerProcess:
    """Appends photos, for a worker of their own to filter and develop, which it returns."""
    made.skip("photos", *ALL)
    made.start(ready=False)
    worker = made.start(*ALL, without=without)
    made.catch_up(*ALL)
    made.append_events(photos.taken)
    return worker


def settled(made: System, photos: Photos) -> Counter[str]:
    """What became of photos, when each has developed or was rejected and all is folded."""
    until(photos.over, "every photo developed, or was rejected")
    made.catch_up(*ALL)
    made.stop_workers()
    return photos.became()


def object_store_gone(made: System, without: str = "") -> tuple[float, Counter[str]]:
    """S3 is killed, photos are to be filtered, S3 comes back: they are filtered, and develop.

    The seconds without progress, and what became of the photos."""
    photos = Photos(made, [jpeg(number) for number in range(PHOTOS)])
    with made.watched(*ALL) as watch:
        made.children.kill("s3")
        photos_to_filter(made, photos, without)
        began = time.monotonic()
        until(lambda: watch.longest("photos", began) > LONG or photos.over(), "the filter waits")
        made.children.start_again("s3")
        until(photos.over, "every photo developed, or was rejected")
        still = watch.longest("photos", began)
        became = settled(made, photos)
    return still, became


def film_workers(worker: WorkerProcess) -> Iterator[psutil.Process]:
    """The processes in which a worker has photos filtered, those that are in the middle of one."""
    for process in psutil.Process(worker.process.pid).children(recursive=True):
        with suppress(psutil.Error):
            used = process.cpu_times()
            if FILM in process.cmdline() and used.user + used.system > AT_WORK:
                yield process


def film_workers_killed(made: System, without: str = "") -> tuple[float, Counter[str]]:
    """Film workers are killed in the middle of photos, as the kernel does when memory runs out, each photo's several.

    The seconds from the first of them, and what became of the photos."""
    photos, killed = Photos(made, [slow_png()] * SLOW), set[int]()
    worker = photos_to_filter(made, photos, without)

    def killed_enough() -> bool:
        for process in film_workers(worker):
            if process.pid not in killed and len(killed) < KILLS:
                killed.add(process.pid)
                process.kill()
        return len(killed) >= KILLS or photos.over()

    began = time.monotonic()
    until(killed_enough, f"{KILLS} film workers are killed")
    became = settled(made, photos)
    return time.monotonic() - began, became


def film_worker_stopped(made: System, without: str = "") -> tuple[float, Counter[str]]:
    """A film worker stands still (SIGSTOP) in the middle of a photo until it is given up, as on a machine that swaps.

    The seconds that took, and what became of the photo."""
    photos, stopped = Photos(made, [slow_png()]), list[psutil.Process]()
    worker = photos_to_filter(made, photos, without)

    def stopped_one() -> bool:
        for process in film_workers(worker):
            process.send_signal(signal.SIGSTOP)
            stopped.append(process)
            return True
        return photos.over()

    began = time.monotonic()
    until(stopped_one, "a film worker stopped")
    until(lambda: not any(process.is_running() for process in stopped), "it is given up")
    became = settled(made, photos)
    return time.monotonic() - began, became


def wrong_bucket(made: System, without: str = "") -> tuple[float, Counter[str]]:
    """Workers are set to another bucket, which is empty: they wait. Those with the right one filter all.

    The seconds without progress, and what became of the photos."""
    photos = Photos(made, [jpeg(number) for number in range(PHOTOS)])
    s3 = s3_client(made.settings, seconds=30, attempts=3, connections=1)
    s3.create_bucket(Bucket=WRONG)
    s3.close()
    made.skip("photos", *ALL)
    made.start(ready=False)
    wrong = made.start(*ALL, without=without, settings=with_values(made.settings, bucket=WRONG))
    with made.watched(*ALL) as watch:
        made.append_events(photos.taken)
        began = time.monotonic()
        until(lambda: watch.longest("photos", began) > LONG or photos.over(), "the filter waits")
        wrong.kill()
        made.start(*ALL, without=without)
        until(photos.over, "every photo developed, or was rejected")
        still = watch.longest("photos", began)
        became = settled(made, photos)
    return still, became
