from __future__ import annotations

import pytest

from local.functions_host.errors import HostError
from local.functions_host.functions import Binding, Function
from local.functions_host.routes import Route


def route(template: str, prefix: str = "api") -> Route:
    return Route(Function("f", "1", (Binding({"type": "httpTrigger", "name": "req", "route": template}),)), prefix)


@pytest.mark.parametrize(("prefix", "path"), [("api", "/api/x/1"), ("", "/x/1"), ("v1/bridge", "/v1/bridge/x/1")])
def test_the_route_prefix_comes_from_host_json(prefix: str, path: str) -> None:
    assert route("x/{id}", prefix).match(path) == {"id": "1"}
    assert route("x/{id}", prefix).match(f"/other{path}") is None


@pytest.mark.parametrize(
    ("template", "path", "params"),
    [
        ("x/{a}/y/{b}", "/api/x/1/y/2", {"a": "1", "b": "2"}),
        ("x/{a}", "/api/x/1/2", None),
        ("x/{a}", "/api/x/", None),
        ("x/{a?}", "/api/x", {}),
        ("x/{*rest}", "/api/x/1/2/", {"rest": "1/2/"}),
        ("x/{*rest}", "/api/xy", None),
        ("x.y", "/api/x.y", {}),
        ("x.y", "/api/xzy", None),
        ("", "/api/f", {}),
    ],
)
def test_a_template_matches_whole_segments(template: str, path: str, params: dict[str, str] | None) -> None:
    assert route(template).match(path) == params


def test_routes_are_tried_literal_first_and_rest_of_the_path_last() -> None:
    routes = [route(template) for template in ("x/{*rest}", "x/{a}", "x/y", "{a}/y")]
    assert sorted(routes, key=lambda each: each.precedence) == [routes[2], routes[1], routes[0], routes[3]]


def test_constraints_are_refused_instead_of_taken_for_names() -> None:
    with pytest.raises(HostError, match=r"'\{id:int\}' is not known to the local host"):
        route("x/{id:int}")
