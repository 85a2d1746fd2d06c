import json
from typing import Any

import pytest

from local.serving import Exchange
from tests.contract.document import Document, Template
from tests.contract.validation import Contract

DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Test", "version": "1"},
    "servers": [{"url": "https://api.example.com/v1"}],
    "paths": {
        "/things/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
            "get": {
                "parameters": [
                    {"name": "page", "in": "query", "schema": {"$ref": "#/components/schemas/Page"}},
                    {"name": "with", "in": "query", "schema": {"type": "array", "items": {"enum": ["a", "b"]}}},
                ],
                "responses": {
                    "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
                    "400": {"content": {"application/json": {"schema": {"required": ["code"]}}}},
                },
            },
            "put": {
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Change"}}},
                },
                "responses": {"204": {"description": "done"}, "4XX": {"description": "no"}},
            },
        },
        "/things/all": {"get": {"responses": {"204": {"description": "none"}}}},
        "/root:/{path}": {"get": {"responses": {"204": {"description": "item"}}}},
        "/root:/{path}:/content": {"get": {"responses": {"204": {"description": "content"}}}},
        "/root/delta(token='{token}')": {"get": {"x-any-query": True, "responses": {"204": {"description": "delta"}}}},
    },
    "components": {
        "schemas": {
            "Page": {"type": "integer", "minimum": 1},
            "Thing": {
                "type": "object",
                "required": ["name"],
                "additionalProperties": False,
                "properties": {"name": {"type": "string"}, "made": {"type": "string", "format": "date-time"}},
            },
            "Change": {
                "oneOf": [
                    {"required": ["type"], "properties": {"type": {"const": "TEXT"}, "value": {"type": "string"}}},
                    {"required": ["type"], "properties": {"type": {"const": "NUMBER"}, "value": {"type": "integer"}}},
                ]
            },
        }
    },
}


@pytest.fixture
def contract() -> Contract:
    return Contract(Document(DOCUMENT))


def exchange(method: str, path: str, **members: Any) -> Exchange:
    request, response = members.pop("request", None), members.pop("response", None)
    sent = b"" if request is None else json.dumps(request).encode()
    got = b"" if response is None else json.dumps(response).encode()
    return Exchange(
        method=method,
        path_and_query=path,
        request_headers={"content-type": "application/json", "content-length": str(len(sent))} if sent else {},
        request_body=sent,
        response_headers={"content-type": "application/json"} if got else {},
        response_body=got,
        faulted=members.get("faulted", False),
        status=members.get("status", 200),
    )


def said(contract: Contract, one: Exchange) -> list[str]:
    contract.violations.clear()
    contract.observe(one)
    return [str(violation) for violation in contract.violations]


def test_an_exchange_that_conforms_leaves_no_violation(contract: Contract) -> None:
    fine = exchange("GET", "/v1/things/7?page=2&with=a&with=b", response={"name": "x", "made": "2026-01-02T03:04:05Z"})
    assert said(contract, fine) == []
    assert contract.seen["GET /things/{id}"] == 1


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        ({}, "GET /things/{id}: response 200 body: 'name' is a required property"),
        ({"name": 1}, "GET /things/{id}: response 200 body at name: 1 is not of type 'string'"),
        ({"name": "x", "made": "today"}, "GET /things/{id}: response 200 body at made: 'today' is not a 'date-time'"),
    ],
)
def test_an_answer_that_does_not_fit_is_told_with_its_place(
    contract: Contract, response: dict[str, Any], expected: str
) -> None:
    assert said(contract, exchange("GET", "/v1/things/7", response=response)) == [expected]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v1/things/7?page=0", "query parameter page: 0 is less than the minimum of 1"),
        ("/v1/things/7?page=x", "query parameter page: 'x' is not of type 'integer'"),
        ("/v1/things/7?with=c", "query parameter with at [0]: 'c' is not one of ['a', 'b']"),
        ("/v1/things/7?size=3", "query parameter size: is not declared"),
        ("/v1/things/x", "path parameter id: 'x' is not of type 'integer'"),
    ],
)
def test_parameters_are_read_as_their_schema_says(contract: Contract, path: str, expected: str) -> None:
    assert said(contract, exchange("GET", path, response={"name": "x"})) == [f"GET /things/{{id}}: {expected}"]


def test_of_alternatives_the_one_that_was_meant_is_explained(contract: Contract) -> None:
    wrong = exchange("PUT", "/v1/things/7", request={"type": "NUMBER", "value": "x"}, status=204)
    assert said(contract, wrong) == ["PUT /things/{id}: request body at value: 'x' is not of type 'integer'"]


def test_a_missing_body_and_an_undeclared_one_are_violations(contract: Contract) -> None:
    assert said(contract, exchange("PUT", "/v1/things/7", status=204)) == ["PUT /things/{id}: request body: is missing"]
    extra = exchange("GET", "/v1/things/all", request={"a": 1}, response={"b": 2}, status=204)
    assert said(contract, extra) == [
        "GET /things/all: response 204 body: is not declared",
        "GET /things/all: request body: is not declared",
    ]


def test_unknown_operations_and_undeclared_statuses_are_violations(contract: Contract) -> None:
    assert said(contract, exchange("DELETE", "/v1/things/7")) == [
        "DELETE /things/7: path: no such operation in the contract"
    ]
    assert said(contract, exchange("GET", "/v1/things/7", status=404)) == [
        "GET /things/{id}: response 404: this status is not declared"
    ]


def test_of_a_refused_request_only_the_answer_is_checked(contract: Contract) -> None:
    refused = exchange("GET", "/v1/things/7?page=0", status=400, response={"code": "no"})
    assert said(contract, refused) == []
    assert said(contract, exchange("GET", "/v1/things/7?page=0", status=400, response={})) == [
        "GET /things/{id}: response 400 body: 'code' is a required property"
    ]


def test_faulted_exchanges_and_other_hosts_paths_are_left_alone(contract: Contract) -> None:
    assert said(contract, exchange("GET", "/v1/things/7", status=500, faulted=True)) == []
    assert said(contract, exchange("POST", "/upload/abc")) == []
    assert contract.outside["POST /upload/abc"] == 1


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/v1/things/all", "/things/all"),
        ("/v1/root:/a/b%20c.docx", "/root:/{path}"),
        ("/v1/root:/a/b.docx:/content", "/root:/{path}:/content"),
        ("/v1/root/delta(token='x%2Fy')?$top=2", "/root/delta(token='{token}')"),
    ],
)
def test_the_most_literal_template_wins_and_paths_may_hold_paths(contract: Contract, path: str, template: str) -> None:
    assert said(contract, exchange("GET", path, status=204)) == []
    assert contract.seen[f"GET {template}"] == 1


def test_path_values_are_decoded() -> None:
    assert Template.of("/root:/{path}:/content").values("/root:/a/b%20c:/content") == {"path": "a/b c"}


def test_check_tells_every_violation_once(contract: Contract) -> None:
    for _ in range(2):
        contract.observe(exchange("GET", "/v1/nothing"))
    with pytest.raises(AssertionError, match="GET /nothing: path: no such operation") as raised:
        contract.check()
    assert str(raised.value).count("GET /nothing") == 1
