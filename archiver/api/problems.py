"""Errors of the interface as RFC 9457 problems, in English.

The sentences of our own errors name no person by rule. Of an unexpected error nothing is told, and
only its type and place are logged; of what could not be read, which field, and never its value.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from typing import Any

import structlog
from apiflask import APIFlask
from apiflask.exceptions import HTTPError
from flask import Response, jsonify, request
from werkzeug.exceptions import HTTPException

from archiver.api.security import BearerNeeded
from archiver.errors import DiarkivError, IntegrityError
from archiver.registry.service import StaleEntry
from archiver.web.problems import JSON, status_of

log = structlog.get_logger(__name__)
_HEADERS = ("Allow", "Retry-After")


def handle(app: APIFlask) -> None:
    """Answer every error of the app with a problem."""

    @app.errorhandler(DiarkivError)
    def ours(error: DiarkivError) -> Response:
        if isinstance(error, IntegrityError):
            log.error("integrity", code=error.code, endpoint=request.endpoint)
        return _answer(_status(error), error.code, error.message, error.remedy)

    @app.errorhandler(HTTPError)
    def wrong(error: HTTPError) -> Response:
        detail: Any = error.detail
        named = detail if isinstance(detail, dict) and detail else None
        remedy = "The description is at /api/v1/openapi.json."
        return _answer(error.status_code, "not-valid", str(error.message), remedy, named)

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        status = error.code or 500
        answer = _answer(status, f"http-{status}", error.name, _REMEDIES.get(status, ""))
        given = dict(error.get_headers())
        answer.headers.update({name: given[name] for name in _HEADERS if name in given})
        return answer

    @app.errorhandler(RecursionError)
    def deep(_error: RecursionError) -> Response:
        return _answer(400, "http-400", "The JSON is too deep.", "Send what is described.")

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        frames = traceback.extract_tb(error.__traceback__)[-4:]
        places = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames]
        log.error(
            "unexpected error", type=type(error).__name__, at=places, endpoint=request.endpoint
        )
        return _answer(500, "unexpected", "Something went wrong.", "It is in the server's log.")


_REMEDIES: Mapping[int, str] = {
    404: "The addresses there are stand in /api/v1/openapi.json.",
    413: "Send less at once.",
    429: "Wait as long as Retry-After says.",
}


def _status(error: DiarkivError) -> int:
    match error:
        case BearerNeeded():
            return 401
        case StaleEntry():
            return 412
    return status_of(error)


def _answer(
    status: int,
    code: str,
    detail: str,
    remedy: str,
    errors: Mapping[str, Mapping[str, list[str]]] | None = None,
) -> Response:
    problem: dict[str, object] = {
        "type": f"urn:diarkiv:problem:{code}",
        "title": code.replace("-", " ").capitalize(),
        "status": status,
        "detail": detail,
        "code": code,
        "remedy": remedy,
    }
    if errors is not None:
        problem["errors"] = errors
    answer = jsonify(problem)
    answer.mimetype = JSON
    answer.status_code = status
    return answer
