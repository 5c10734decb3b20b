"""Clients for Swift, Kotlin and TypeScript come out of both documents without a warning, and with our names."""

from pathlib import Path

import pytest

from tests.clients.generator import OPTIONS, SERVICES, complaints, generate, models, run, written


@pytest.mark.parametrize("service", SERVICES)
def test_the_generator_finds_nothing_wrong_with_the_document(service: str, tmp_path: Path) -> None:
    printed = run("validate", "--recommend", "-i", written(service, tmp_path))
    assert "No validation issues detected." in printed, printed
    assert complaints(printed) == []


@pytest.mark.parametrize("language", OPTIONS)
@pytest.mark.parametrize("service", SERVICES)
def test_a_client_is_generated_with_our_names_and_no_others(service: str, language: str, tmp_path: Path) -> None:
    printed = generate(service, language, tmp_path / "client")
    assert complaints(printed) == []
    assert models(language, tmp_path / "client") == set(SERVICES[service].openapi()["components"]["schemas"])


def test_a_document_with_a_fault_is_complained_of(tmp_path: Path) -> None:
    """The words that complaints are known by are the generator's."""
    path = tmp_path / "faulty.json"
    path.write_text(
        '{"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": {"/x": {"get": {"responses": {"200":'
        ' {"description": "", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Gone"}}}}}}}}}'
    )
    printed = run("generate", "-g", "kotlin", "-i", path, "-o", tmp_path / "client", "--skip-validate-spec")
    assert complaints(printed)
