"""The machine's trouble is not the photo's: none is rejected for it, and all develop.

Seen to fail when two lost film workers made a rejection, and a bucket without its sentinel counted as empty
(docs/faults.md)."""

from tests.faults.on_photos import PHOTOS, film_worker_stopped, wrong_bucket
from tests.faults.system import System


def test_a_film_worker_that_stands_still_is_given_up_and_its_photo_is_not(darkroom: System) -> None:
    took, became = film_worker_stopped(darkroom)
    darkroom.check({"SIGSTOP of a film worker": took})
    assert became == {"PhotoTaken": 1, "PhotoFiltered": 1, "PhotoDeveloped": 1}


def test_another_bucket_is_no_bucket_without_photos(darkroom: System) -> None:
    still, became = wrong_bucket(darkroom)
    darkroom.check({"workers set to another bucket": still})
    assert became == {"PhotoTaken": PHOTOS, "PhotoFiltered": PHOTOS, "PhotoDeveloped": PHOTOS}
