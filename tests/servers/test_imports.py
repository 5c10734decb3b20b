"""Each process loads what it uses: which heavy libraries have no business in which of them."""

import subprocess
import sys

import pytest

from ops.supervisor.processes import ROOT

REGISTRY_CLIENT = ("confluent_kafka.schema_registry", "authlib", "httpx")
FILM = ("PIL", "pillow_heif", "blurhash")
BUCKET = ("boto3", "botocore")
DRIVERS = ("cassandra", "confluent_kafka", "aiokafka", "fastavro")
SERVING = ("fastapi", "uvicorn")
WORKING = ("faust", "aiohttp")

# What each process has loaded once it begins its work, as code, and what must not be among it.
# (numpy comes with Cassandra's driver wherever it is installed; aiokafka and fastavro with the reactors, of which setup
# needs the tables and lag the topics.)
LOADED = {
    "api": ("import ops.commands.api", (*REGISTRY_CLIENT, *FILM, *BUCKET, *WORKING, "confluent_kafka", "aiokafka")),
    "gateway": ("import ops.commands.gateway, producers.gateway.resources", (*FILM, *WORKING, "aiokafka")),
    "up": ("import ops.commands.up", (*REGISTRY_CLIENT, *FILM, *BUCKET, *SERVING, *WORKING, *DRIVERS, "numpy")),
    "setup": ("import ops.provision; ops.provision.every_table()", (*FILM, *BUCKET, *SERVING, *WORKING)),
    "status": ("import ops.commands.status", (*REGISTRY_CLIENT, *FILM, *BUCKET, *SERVING, *WORKING, *DRIVERS, "numpy")),
    "lag": ("import ops.lag", (*REGISTRY_CLIENT, *FILM, *BUCKET, *SERVING, *WORKING)),
    "--help": ("import ops.cli", (*REGISTRY_CLIENT, *FILM, *BUCKET, *SERVING, *WORKING, *DRIVERS, "numpy", "rich")),
}


def loaded(code: str) -> set[str]:
    """The modules of a Python that has run this."""
    listing = f"{code}\nimport sys; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", listing], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(ran.stdout.split())


@pytest.mark.parametrize("process", LOADED)
def test_a_process_loads_nothing_heavy_that_it_does_not_use(process: str) -> None:
    code, absent = LOADED[process]
    assert not loaded(code) & set(absent)


def test_the_lists_name_libraries_as_they_are_loaded() -> None:
    # A name that is never loaded anywhere would hold by a typing error.
    everything = {name for _, absent in LOADED.values() for name in absent}
    assert everything <= loaded("\n".join(f"import {name}" for name in sorted(everything)))
