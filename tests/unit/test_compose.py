"""deploy/compose.yaml can't be run here, so it is held against the servers that are."""

import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest
import yaml

from events.settings import Settings
from ops.servers import cassandra, kafka, registry, s3
from ops.servers.jars import POM, ROOT

SETTINGS = Settings.model_validate(dict.fromkeys(("kafka", "cassandra_hosts", "registry", "s3"), ""))
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())["services"]
HOME = Path("/data")
# What must differ between a container and a process: where it listens inside, and where its disk is.
KAFKA_ADDRESSES = {"controller.quorum.voters", "listeners", "log.dirs"}


def environment(service: str) -> dict[str, str]:
    return COMPOSE[service]["environment"]


def test_it_runs_the_versions_that_we_run() -> None:
    found = ElementTree.parse(POM).getroot()
    properties = found.find("{*}properties")
    assert properties is not None
    ours = {each.tag.rpartition("}")[2].removesuffix(".version"): each.text for each in properties}
    for service in COMPOSE:
        tag = COMPOSE[service]["image"].partition(":")[2]
        assert tag.removeprefix("s3proxy-") == ours[service]


@pytest.mark.parametrize("service", ["kafka", "cassandra", "registry", "s3"])
def test_it_listens_where_we_look_and_only_on_loopback(service: str) -> None:
    (published,) = COMPOSE[service]["ports"]
    host, port, _ = published.split(":")
    assert host == SETTINGS.host == "127.0.0.1"
    assert int(port) == getattr(SETTINGS, f"{service}_port")


def test_kafka_has_every_setting_that_ours_has() -> None:
    text = kafka.properties(SETTINGS, HOME)
    ours = dict(line.split("=", 1) for line in text.splitlines())
    theirs = {
        name.removeprefix("KAFKA_").replace("_", ".").lower(): value for name, value in environment("kafka").items()
    }
    assert theirs.keys() == ours.keys()
    differing = {name for name in ours if theirs[name] != ours[name]}
    assert differing == KAFKA_ADDRESSES
    assert ours["auto.create.topics.enable"] == "false"


def test_cassandra_asks_for_a_password_and_behaves_as_ours() -> None:
    ours = cassandra.yaml(SETTINGS, HOME, SETTINGS.host, [SETTINGS.host])
    options = dict(
        option.removeprefix("-D").split("=", 1) for option in environment("cassandra")["JVM_EXTRA_OPTS"].split()
    )
    assert options["cassandra.config.allow_system_properties"] == "true"
    prefix = "cassandra.settings."
    theirs = {name.removeprefix(prefix): value for name, value in options.items() if name.startswith(prefix)}
    assert {"authenticator", "authorizer", "paxos_variant"} <= theirs.keys()
    assert theirs == {name: yaml.safe_dump(ours[name]).split("\n")[0] for name in theirs}
    assert environment("cassandra")["CASSANDRA_NUM_TOKENS"] == str(ours["num_tokens"])
    assert environment("cassandra")["CASSANDRA_CLUSTER_NAME"] == ours["cluster_name"]
    assert environment("cassandra")["MAX_HEAP_SIZE"] == SETTINGS.cassandra_memory


def test_the_registry_keeps_its_ids_on_disk() -> None:
    ours = registry.options(SETTINGS, HOME)
    for name in ("apicurio.storage.kind", "apicurio.storage.sql.kind", "apicurio.datasource.url"):
        assert environment("registry")[name.upper().replace(".", "_")] == ours[name]


def test_s3_wants_a_signature_and_has_the_bucket() -> None:
    ours = s3.properties(SETTINGS, HOME)
    for name in ("s3proxy.authorization", "jclouds.provider", "jclouds.filesystem.basedir"):
        assert environment("s3")[name.upper().replace(".", "_")] == str(ours[name])
    assert f"/data/{SETTINGS.bucket} " in COMPOSE["s3"]["entrypoint"][-1]
    assert SETTINGS.s3_access_key in environment("s3")["S3PROXY_IDENTITY"]
