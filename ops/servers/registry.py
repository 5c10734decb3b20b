"""Describes Apicurio, the schema registry. It has H2 in a file: the ids in the log's records must outlive a restart."""

from pathlib import Path

from events.settings import Settings
from ops.secrets import server_environment
from ops.servers import java
from ops.servers.archives import archive
from ops.servers.jars import jars
from ops.supervisor.program import Program, http_status

SUBJECTS = "/apis/ccompat/v7/subjects"


def server(settings: Settings) -> Program:
    """Describes the registry as these settings want it. Data in `<home>/registry`."""
    folder = settings.home / "registry"
    jar = next(jars("registry").glob("apicurio-registry-app-*-runner.jar"))
    classes = archive("registry")
    flags = (*classes.options(), *(f"-D{name}={value}" for name, value in options(settings, folder).items()))
    return Program(
        name="registry",
        command=java.command(settings, settings.registry_memory, java.START_FAST, *flags, "-jar", str(jar)),
        environment=server_environment(),
        folder=folder,
        data=folder,
        host=settings.host,
        ports={"registry_port": settings.registry_port},
        ready=lambda: http_status(settings.host, settings.registry_port, SUBJECTS) == 200,
        after=classes.after,
    )


def options(settings: Settings, folder: Path) -> dict[str, str]:
    """Makes its system properties."""
    return {
        "quarkus.http.host": settings.host,
        "quarkus.http.port": str(settings.registry_port),
        "apicurio.storage.kind": "sql",
        "apicurio.storage.sql.kind": "h2",
        # WRITE_DELAY=0: an id that was handed out is on disk, also after SIGKILL.
        "apicurio.datasource.url": f"jdbc:h2:file:{folder}/registry;WRITE_DELAY=0",
        "java.io.tmpdir": str(folder),
    }
