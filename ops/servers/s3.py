"""Describes S3Proxy, an S3 that keeps its objects in a folder."""

from pathlib import Path

from events.settings import Settings
from ops.secrets import server_environment
from ops.servers import java
from ops.servers.archives import archive
from ops.servers.jars import jars
from ops.supervisor.program import Program, http_status


def server(settings: Settings) -> Program:
    """Describes S3Proxy as these settings want it. Objects in `<home>/s3/data/<bucket>`."""
    folder = settings.home / "s3"
    config, data = folder / "s3proxy.properties", folder / "data"
    jar = next(jars("s3").glob("s3proxy-*.jar"))

    classes = archive("s3")
    flags = (*classes.options(), "-jar", str(jar), "--properties", str(config))

    def make_bucket() -> None:
        (data / settings.bucket).mkdir(parents=True, exist_ok=True)  # to this provider a bucket is a folder

    return Program(
        name="s3",
        command=java.command(settings, settings.s3_memory, *flags),
        environment=server_environment() | {"LOG_LEVEL": "info"},
        folder=folder,
        data=folder,
        host=settings.host,
        ports={"s3_port": settings.s3_port},
        files={config: "".join(f"{name}={value}\n" for name, value in properties(settings, data).items())},
        before=make_bucket,
        after=classes.after,
        # Unsigned, so the answer is a refusal; that it answers is what is asked.
        ready=lambda: http_status(settings.host, settings.s3_port, "/") in (200, 401, 403),
    )


def properties(settings: Settings, data: Path) -> dict[str, str]:
    """Makes s3proxy.properties."""
    return {
        "s3proxy.endpoint": f"http://{settings.host}:{settings.s3_port}",
        "s3proxy.authorization": "aws-v2-or-v4",
        "s3proxy.identity": settings.s3_access_key,
        "s3proxy.credential": settings.s3_secret_key,
        "jclouds.provider": "filesystem-nio2",
        "jclouds.filesystem.basedir": str(data),
    }
