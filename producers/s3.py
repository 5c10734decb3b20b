"""The object store's client: boto3, addressed by path, as the local S3Proxy wants it too."""

from typing import Any

import boto3
from botocore.config import Config

from events.settings import Settings


def s3_client(settings: Settings, *, seconds: float, attempts: int, connections: int) -> Any:
    """A client whose calls block: they belong in threads. `seconds`: how long it waits for an answer."""
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
