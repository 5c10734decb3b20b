"""The benchmark's processes are started by the names of their modules, which a move of a file doesn't change."""

from importlib.util import find_spec
from typing import get_args

import pytest

from bench.harness.process import Module


@pytest.mark.parametrize("module", get_args(Module))
def test_a_process_of_the_benchmark_is_a_module_that_can_be_run(module: str) -> None:
    found = find_spec(module)
    assert found is not None
    assert found.submodule_search_locations is None, "a package, which `python -m` can't run"
