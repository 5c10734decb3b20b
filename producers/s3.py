"""The object store's client: boto3, addressed by path, as the local S3Proxy wants it too."""

from typing import Any

import boto3
from botocore.config import Config

from events.settings import Settings

SENTINEL = ".darkroom"
"""The key of an object that provisioning puts into the bucket, for ever. A bucket without it isn't ours (or has lost
its objects): that something isn't in it means nothing."""


def s3_client(settings: Settings, *, seconds: float, attempts: int, connections: int) -> Any:
    """Connects to the object store. The client's calls block: they belong in threads.

    - `seconds`: how long it waits for an answer.
    - `attempts`: how often it asks at most.
    - `connections`: how many it keeps open at most."""
    return boto3.client(
        "s3",
        endpoint_url=settings.s3_url,
        aws_access_key_id=settings.s3_access_key,
        aws_secret_access_key=settings.s3_secret_key,
        region_name="us-east-1",
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            connect_timeout=2,
            read_timeout=seconds,
            retries={"total_max_attempts": attempts},
            max_pool_connections=connections,
        ),
    )
