"""Every setting of Darkroom, from `DARKROOM_*` in the environment (or `.env`): ports, memory, secrets, rules.

Defaults suit one person's machine: everything on loopback, everything under `.darkroom/`.
"""

from datetime import timedelta
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

NEXT_MORNING = "next-morning"
UNITS = {"s": "seconds", "m": "minutes", "h": "hours"}


def developing_rule(value: str) -> str:
    """`next-morning`, or a delay: a whole number and s, m or h (`10s`). Raises ValueError for anything else."""
    if value != NEXT_MORNING and not (value[:-1].isdigit() and value[-1:] in UNITS):
        raise ValueError(f"{value!r} is neither {NEXT_MORNING!r} nor a delay such as '10s', '5m' or '1h'")
    return value


Port = Annotated[int, Field(ge=1, le=65535)]


class Settings(BaseSettings):
    """Read once per process; see the field comments for what each one is for."""

    model_config = SettingsConfigDict(env_prefix="DARKROOM_", env_file=".env", extra="ignore", frozen=True)

    # Where local servers keep data and logs, and where each of them listens.
    home: Path = Path(".darkroom")
    host: str = "127.0.0.1"
    kafka_port: Port = 9092
    kafka_controller_port: Port = 9093
    cassandra_port: Port = 9042
    cassandra_storage_port: Port = 7000
    cassandra_jmx_port: Port = 7199
    registry_port: Port = 8081
    s3_port: Port = 9000
    api_port: Port = 8000
    gateway_port: Port = 8001
    worker_metrics_port: Port = 8010  # the first worker's; the next workers take the next ports
    kafka_memory: str = "400m"
    cassandra_memory: str = "512m"
    registry_memory: str = "160m"
    s3_memory: str = "256m"  # a form of 30 MB passes through its heap
    java_options: str = ""  # for all four, such as -XX:TieredStopAtLevel=1 to start faster and run slower

    # Where clients find them, when they are not the local ones above.
    kafka: str = ""
    cassandra_hosts: str = ""
    registry: str = ""
    s3: str = ""

    # How many partitions a topic gets when it is made, for good: 64 in production. From then on the tables say it.
    partitions: int = Field(default=8, ge=1, le=4096)
    replication: int = Field(default=1, ge=1)
    min_insync: int = Field(default=1, ge=1)
    keyspace: str = "darkroom"

    # Secrets. Empty ones are made by `darkroom up` and kept in `<home>/secrets.json`.
    cassandra_password: str = ""  # the superuser's
    worker_password: str = ""
    gateway_password: str = ""
    api_password: str = ""
    master_key: str = ""  # base64 of 32 bytes; wraps every person's key
    token_secret: str = ""  # signs JWTs
    handle_secret: str = ""  # keys the HMAC that a handle is looked up by
    s3_access_key: str = "darkroom"
    s3_secret_key: str = ""
    bucket: str = "darkroom-photos"

    # The API's cache of rows: how old a row may be that it shows to whoever names no position (0: no cache), how much
    # each process keeps, by estimate, and a Valkey or Redis that a fleet shares: redis://…, empty for none.
    cache_seconds: float = Field(default=1.0, ge=0, le=60)
    cache_bytes: int = Field(default=64 << 20, ge=0)
    cache: str = ""

    # A worker's own name, the same whenever it is started: one that is back within 10 s still has its partitions, and
    # interrupts no other. No two that run may have one name. Empty: a worker gives its partitions up as it stops.
    worker_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{0,200}$")] = ""

    # The product's rules.
    develop: Annotated[str, AfterValidator(developing_rule)] = NEXT_MORNING
    filter_workers: int = Field(default=2, ge=1)
    # How many records in a row may become dead letters before their app stops and waits for somebody to look: far more
    # than bad records ever come in a row, far fewer than you would want to redrive. 0: no limit.
    dead_letters_in_a_row: int = Field(default=1000, ge=0)
    # Within how many seconds of append time an event id that stands in a partition again is a copy, which counts as
    # nothing. A rule of the log: every process that reads it must have the same.
    copy_window: int = Field(default=600, ge=300)
    original_grace: int = Field(default=7 * 86400, ge=0)  # seconds for which a rejected photo's upload is kept
    image_url_window: int = Field(default=3600, ge=60)  # seconds for which a signed image URL stays the same

    @cached_property
    def bootstrap(self) -> str:
        """Kafka's bootstrap servers."""
        return self.kafka or f"{self.host}:{self.kafka_port}"

    @cached_property
    def contact_points(self) -> list[str]:
        """Cassandra's contact points, without ports."""
        return self.cassandra_hosts.split(",") if self.cassandra_hosts else [self.host]

    @cached_property
    def registry_url(self) -> str:
        """The schema registry's Confluent-compatible base URL."""
        return self.registry or f"http://{self.host}:{self.registry_port}/apis/ccompat/v7"

    @cached_property
    def s3_url(self) -> str:
        """The object store's endpoint."""
        return self.s3 or f"http://{self.host}:{self.s3_port}"

    @cached_property
    def develop_delay(self) -> timedelta | None:
        """The fixed delay of a demo, or None for 9 am the next day."""
        if self.develop == NEXT_MORNING:
            return None
        return timedelta(**{UNITS[self.develop[-1]]: int(self.develop[:-1])})


@lru_cache(maxsize=1)
def settings() -> Settings:
    """This process's settings."""
    return Settings()
