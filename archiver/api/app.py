"""The interface for programs, `/api/v1`: an app of its own beside the pages, in the same process.

It shares no session, cookie or form with them. What it offers is described at
`/api/v1/openapi.json` (OpenAPI 3.1), made from the code that answers.
"""

from __future__ import annotations

from typing import Any

from apiflask import APIFlask
from flask import abort

from archiver import __version__
from archiver.api import archive, cases, problems, register, security
from archiver.api.given import Problem
from archiver.api.schemas import MOST
from archiver.api.services import EXTENSION, ApiServices, ApiSettings

PREFIX = "/api"
_DESCRIPTION = (
    "The archive and register of a public body. Show a token as `Authorization: Bearer`. Lists go "
    "on with `cursor`; what is registered is asked for once per `Idempotency-Key`; what is changed "
    "says with `If-Match` what it has seen. Errors are problems (RFC 9457)."
)


def _bounded(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    """No number that the tables cannot hold: there is nothing at such an address."""
    if any(isinstance(value, int) and value >= MOST for value in (values or {}).values()):
        abort(404)


def create_api(services: ApiServices, settings: ApiSettings) -> APIFlask:
    """The app."""
    app = APIFlask(
        __name__,
        title="Diarkiv",
        version=__version__,
        spec_path="/api/v1/openapi.json",
        docs_path=None,
        static_folder=None,  # type: ignore[arg-type]
        json_errors=False,
    )
    app.config.update(
        MAX_CONTENT_LENGTH=settings.max_body,
        OPENAPI_VERSION="3.1.0",
        AUTO_SERVERS=False,
        AUTO_404_RESPONSE=False,
        AUTO_VALIDATION_ERROR_RESPONSE=False,
        AUTO_OPERATION_ID=True,
        DESCRIPTION=_DESCRIPTION,
    )
    app.extensions[EXTENSION] = services
    app.url_value_preprocessor(_bounded)
    security.guard(app, settings)
    problems.handle(app)
    app.spec_processor(_described)
    for one in (archive, register, cases):
        app.register_blueprint(one.pages)
    return app


def _described(spec: Any) -> Any:
    """The description with what holds for every address: the token, and problems."""
    components = spec.setdefault("components", {})
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    components.setdefault("schemas", {})["Problem"] = Problem.model_json_schema()
    spec["security"] = [{"token": []}]
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path in spec["paths"].values():
        for name, operation in path.items():
            if name in ("get", "post"):
                told = {"description": "A problem (RFC 9457)", "content": content}
                operation["responses"]["default"] = told
                for parameter in operation["parameters"]:
                    if parameter["in"] == "header":
                        parameter["name"] = parameter["name"].title()
    return spec
