"""How resources are described in OpenAPI: their answers, their errors, and what an answer says of itself in headers."""

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from flows.api.answer_shapes import ObservationsShape, ProblemShape, Shape
from flows.api.problems import PROBLEM_JSON

_ETAG = {"ETag": {"description": "The position of the log that the answer is of; send it as If-None-Match.", "schema": {"type": "string"}}}
_PROBLEMS = {
    400: "It cannot be read",
    401: "A key is needed, or the key is not one of this home",
    403: "The key may not do this, or the server does not write",
    404: "It names something that there is not; of names that are several entities', `candidates` says which",
    409: "It contradicts itself (an end before its beginning, a page of another question), or what the home holds",
    413: "Too much at once",
    415: "Of another kind than this takes",
    422: "It breaks a rule; `errors` says where and which",
    429: "Too many requests; Retry-After says when to come again",
    503: "Busy, or the answer took too long; Retry-After says when to come again",
}
READ_PROBLEMS = (401, 403, 404, 409, 422, 429, 503)
WRITE_PROBLEMS = (400, 401, 403, 409, 413, 415, 422, 429, 503)


def answers(name: str, shape: type[Shape] | None, said: str, *problems: int, tagged: bool = True, media: str = "") -> dict[str, Any]:
    """What a route is declared with: its name in OpenAPI, the shape of its answer (None: lines of `media`), and its errors."""
    told: dict[int | str, dict[str, Any]] = {200: {"description": said, **({"headers": _ETAG} if tagged else {})}}
    if shape is not None:
        told[200]["model"] = shape
    else:
        told[200]["content"] = {media: {"schema": {"type": "string"}}}
    if tagged:
        told[304] = {"description": "The answer with the ETag of If-None-Match is the present one"}
    for status in problems or READ_PROBLEMS:
        told[status] = {"description": _PROBLEMS[status], "content": {PROBLEM_JSON: {"schema": _REF}}}
    return {"operation_id": name, "name": name, "responses": told, "response_model": None}


_REF = {"$ref": "#/components/schemas/ProblemShape"}
_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "A key of the home (setting serve_keys)"},
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}
_BOTH: list[dict[str, list[str]]] = [{"bearer": []}, {"key": []}]


def describe(app: FastAPI, *, has_keys: bool) -> None:
    """Complete the app's OpenAPI description: the problem's schema, and keys where they are needed."""
    made = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            told = made()
            parts = told.setdefault("components", {})
            parts["schemas"] = {**parts.get("schemas", {}), **_schemas(ProblemShape), **_schemas(ObservationsShape)}
            parts["securitySchemes"] = _SCHEMES
            for path, methods in told["paths"].items():
                for method, operation in methods.items():
                    if path not in ("/healthz", "/readyz") and (has_keys or method == "post"):
                        operation["security"] = _BOTH
            app.openapi_schema = told
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]


def reference_to(shape: type[BaseModel]) -> dict[str, str]:
    """Where the description has the schema of a shape."""
    return {"$ref": _REFERENCE.format(model=shape.__name__)}


_REFERENCE = "#/components/schemas/{model}"


def _schemas(shape: type[BaseModel]) -> dict[str, Any]:
    """The schema of a shape, and of those that it is made of."""
    whole = shape.model_json_schema(ref_template=_REFERENCE)
    return {**whole.pop("$defs", {}), shape.__name__: whole}
