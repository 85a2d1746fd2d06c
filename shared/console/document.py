"""The OpenAPI document of the API, made from its routes and shapes: `python -m shared.console.document`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from ruamel.yaml import YAML

from shared.console import shapes
from shared.console.api import ACTIONS, VIEWS, Action, View
from shared.console.callers import Role

type Json = dict[str, object]

PROBLEMS: Mapping[int, str] = {
    400: "a parameter or the body is wrong",
    401: "nobody has signed in",
    403: "the role is missing",
    404: "there is no such flow, file or link",
    409: "it does not fit how things stand",
    413: "the body is too long",
    415: "the body is no JSON",
    502: "OneDrive or CELUM did not answer as they should",
    503: "storage did not answer as it should",
}


def document() -> Json:
    schemas = _schemas()
    paths: Json = {f"/{name}": {"get": _view(name, view)} for name, view in VIEWS.items()}
    paths |= {f"/{name}": {"post": _action(name, action)} for name, action in ACTIONS.items()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "OneDrive-CELUM bridge",
            "version": "1",
            "description": (
                "What the status page and `bridge …` use. In Azure, the platform signs people in with Entra ID; on a "
                "developer's machine the function key stands for all roles. Unknown members of answers may come."
            ),
        },
        "servers": [{"url": "/api/v1"}],
        "security": [{"entra": []}, {"key": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {str(status): _answer(about, shapes.Problem) for status, about in PROBLEMS.items()},
            "securitySchemes": {
                "entra": {"type": "http", "scheme": "bearer", "description": "a token of Entra ID with the role named"},
                "key": {"type": "apiKey", "in": "header", "name": "x-functions-key"},
            },
        },
    }


def _schemas() -> Json:
    _, found = models_json_schema(
        [(model, "serialization") for model in _models()], ref_template="#/components/schemas/{model}"
    )
    schemas = found["$defs"]
    assert isinstance(schemas, dict)  # noqa: S101  the shape of pydantic's answer
    return dict(sorted(schemas.items()))


def _models() -> Iterator[type[BaseModel]]:
    yield from (view.shape for view in VIEWS.values())
    yield from (action.body for action in ACTIONS.values())
    yield from (shapes.Problem, shapes.Done)


def _view(name: str, view: View) -> Json:
    parameters: list[Json] = [
        {
            "name": query.name,
            "in": "query",
            "description": query.about,
            "required": view.one_of == (query.name,),
            "schema": {"type": "string", "pattern": f"^(?:{query.pattern})$"},
        }
        for query in view.query
    ]
    choice = f" Exactly one of {' and '.join(view.one_of)} is needed." if len(view.one_of) > 1 else ""
    operation = _operation(name, view.about + "." + choice if choice else view.about, Role.READ)
    return {**operation, "parameters": parameters, "responses": _answers(view.shape, [400, 401, 403, 404, 502, 503])}


def _action(name: str, action: Action) -> Json:
    body = {"required": True, "content": _content(action.body)}
    return {
        **_operation(name, action.about, Role.OPERATE),
        "requestBody": body,
        "responses": _answers(shapes.Done, [400, 401, 403, 404, 409, 413, 415, 502, 503]),
    }


def _operation(name: str, about: str, role: Role) -> Json:
    return {"operationId": name, "summary": about, "x-role": role.value}


def _answers(shape: type[BaseModel], problems: list[int]) -> Json:
    refs: Json = {str(status): {"$ref": f"#/components/responses/{status}"} for status in problems}
    return {"200": _answer("done", shape), **refs}


def _answer(about: str, shape: type[BaseModel]) -> Json:
    return {"description": about, "content": _content(shape)}


def _content(shape: type[BaseModel]) -> Json:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{shape.__name__}"}}}


def main() -> None:
    yaml: Any = YAML(typ="safe", pure=True)  # its types know only the defaults
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False
    yaml.width = 120
    yaml.dump(document(), sys.stdout)


if __name__ == "__main__":
    main()
