"""Chooses, orders and times tests, as a plugin of pytest that runs in a forked child."""

import signal
import time
from collections.abc import Callable, Generator, Mapping
from typing import Any

import pytest
from hypothesis import settings

from tests.mutation.core import EXCLUDED, SERVER_FIXTURES

EXAMPLES = 20  # of a Hypothesis test, at most
SETTINGS = "_hypothesis_internal_use_settings"


def base_id(item: pytest.Item) -> str:
    """A test function's id, without its parameters."""
    return item.nodeid.split("[", 1)[0]


def needs_no_server(item: pytest.Item) -> bool:
    """Whether neither its fixtures nor its file bring in servers."""
    fixtures = set(getattr(item, "fixturenames", ()))
    return not fixtures & SERVER_FIXTURES and not item.nodeid.startswith(tuple(EXCLUDED))


def no_servers() -> None:
    """Stands in for a fixture that starts servers."""
    pytest.skip("needs servers")


def bound_examples(item: pytest.Item) -> None:
    """Lowers the number of examples of a Hypothesis test that names one itself. Hypothesis has no public way."""
    function = getattr(getattr(item, "obj", None), "__func__", getattr(item, "obj", None))
    own = getattr(function, SETTINGS, None)
    if isinstance(own, settings):
        setattr(function, SETTINGS, settings(own, max_examples=min(own.max_examples, EXAMPLES)))


class Chosen:
    """Runs the chosen tests in the order in which `wanted` has them; each has so many seconds, then the process dies.

    `wanted`: seconds by test function; None for every test without servers.
    """

    def __init__(self, wanted: Mapping[str, float] | None, context: Callable[[str], object] | None = None):
        self._wanted, self._context = wanted, context
        self._order = {name: i for i, name in enumerate(wanted or ())}
        self.seconds: dict[str, float] = {}
        self.failed: list[str] = []

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keeps the chosen tests."""
        if self._wanted is None:
            items[:] = [item for item in items if needs_no_server(item)]
        else:
            items[:] = [item for item in items if base_id(item) in self._wanted]
            items.sort(key=lambda item: self._order[base_id(item)])
        for item in items:
            bound_examples(item)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Times a test, and has the process killed by SIGALRM if it takes too long."""
        name = base_id(item)
        signal.setitimer(signal.ITIMER_REAL, self._wanted[name] if self._wanted else 0)
        if self._context is not None:
            self._context(name)
        began = time.perf_counter()
        try:
            return (yield)
        finally:
            self.seconds[name] = self.seconds.get(name, 0) + time.perf_counter() - began
            if self._context is not None:
                self._context("")

    @pytest.hookimpl(tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> None:
        """Skips a test that asks for servers only while it runs, as do those of a fake and of the real thing."""
        if fixturedef.argname in SERVER_FIXTURES:
            vars(fixturedef)["func"] = no_servers

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Notes what fails."""
        if report.failed:
            self.failed.append(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Notes a file that can't be imported."""
        if report.failed:
            self.failed.append(f"{report.nodeid} (when it was collected)")


def run_pytest(plugin: Chosen, arguments: list[str]) -> int:
    """Pytest's exit code."""
    options = ["-q", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
    plugins: list[Any] = [plugin]
    return int(pytest.main([*options, *arguments], plugins=plugins))
