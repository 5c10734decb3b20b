"""openapi-generator, as whoever makes an app would run it: a service's document in, a client's sources out."""

import json
import re
import subprocess
from pathlib import Path

from fastapi import FastAPI

from api.app import app as api
from events.settings import Settings
from ops.servers.jars import fetched
from ops.servers.java import START_FAST, command
from producers.gateway.app import app as gateway

SERVICES: dict[str, FastAPI] = {"api": api, "gateway": gateway}
# Clients by language: the generator's name, its options, and where and how it names the files of models.
OPTIONS = {"swift6": "", "kotlin": "", "typescript-fetch": "importFileExtension=.js"}
MODELS = {"swift6": "Sources/*/Models/*.swift", "kotlin": "src/main/**/models/*.kt", "typescript-fetch": "models/*.ts"}
NOT_MODELS = {"index"}  # of TypeScript: it exports them all
# Warnings that say nothing against a document.
ACCEPTED = (
    "OPENAPI 3.1 SUPPORT IS STILL IN BETA",  # FastAPI makes 3.1; what comes of it is tested here
)
COMPLAINT = re.compile(r"\b(WARN|ERROR)\b|\bException\b")


def written(service: str, folder: Path) -> Path:
    """Writes a service's document into a folder, and returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{service}.json"
    path.write_text(json.dumps(SERVICES[service].openapi()))
    return path


def run(*arguments: str | Path) -> str:
    """Runs the generator, and returns all that it prints. Raises AssertionError if it fails."""
    jars = fetched(Path(__file__).with_name("pom.xml"), {"generator": "copy"})
    (jar,) = (jars / "generator").glob("*.jar")
    settings = Settings.model_validate({"java_options": START_FAST})
    line = command(settings, "512m", "-jar", str(jar), *map(str, arguments))
    ran = subprocess.run(line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert ran.returncode == 0, ran.stdout
    return ran.stdout


def generate(service: str, language: str, folder: Path) -> str:
    """Generates a service's client into a folder, and returns what the generator prints."""
    options = [f"--additional-properties={OPTIONS[language]}"] if OPTIONS[language] else []
    document = written(service, folder.parent)
    return run("generate", "-g", language, "-i", document, "-o", folder, *options)


def complaints(printed: str) -> list[str]:
    """Returns the lines with warnings and errors, but for those that are accepted."""
    lines = [line for line in printed.splitlines() if COMPLAINT.search(line)]
    return [line for line in lines if not any(accepted in line.upper() for accepted in ACCEPTED)]


def models(language: str, folder: Path) -> set[str]:
    """Returns the names of a generated client's models."""
    return {path.stem for path in folder.glob(MODELS[language])} - NOT_MODELS
