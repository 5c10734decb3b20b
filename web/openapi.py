"""A service's OpenAPI document, from which clients are generated, and the page that shows it."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from pydantic.json_schema import models_json_schema
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles

from web.problems import PROBLEM_NAME, SCHEMAS, ProblemBody

PAGE = "/docs"
ASSETS = ("fastapi_swagger", "resources")  # a package and its folder: Swagger UI's files, without the package's code


class DocumentedApp(FastAPI):
    """An application whose document names its problems once, and whose page of it needs nothing from elsewhere."""

    def __init__(self, **options: Any) -> None:
        """`options`: FastAPI's."""
        super().__init__(**options, docs_url=None, redoc_url=None)
        self.add_api_route(PAGE, self.page, include_in_schema=False)
        self.add_api_route(PAGE + "/{name}", self.asset, include_in_schema=False)
        self._assets = StaticFiles(packages=[ASSETS])

    def openapi(self) -> dict[str, Any]:
        """Returns the document."""
        document = super().openapi()
        document["components"]["schemas"] |= problem_schemas()
        return document

    async def page(self) -> HTMLResponse:
        """The document in Swagger UI, whose addresses are relative to the page: it works behind any prefix."""
        return get_swagger_ui_html(
            openapi_url="openapi.json",
            title=self.title,
            swagger_js_url="docs/swagger-ui-bundle.js",
            swagger_css_url="docs/swagger-ui.css",
            swagger_favicon_url="docs/favicon-32x32.png",
            swagger_ui_parameters={"validatorUrl": None},
        )

    async def asset(self, request: Request, name: str) -> Response:
        """One of the page's files. A route, not a mount, so that requests for it are counted under one name."""
        return await self._assets.get_response(name, request.scope)


def problem_schemas() -> dict[str, Any]:
    """Returns what `web.problems.documented` refers to: the schema of a problem and those that it refers to itself."""
    _, schemas = models_json_schema([(ProblemBody, "validation")], ref_template=SCHEMAS + "{model}")
    named = schemas["$defs"]
    return named | {PROBLEM_NAME: named.pop(ProblemBody.__name__)}
