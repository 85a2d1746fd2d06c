import asyncio
import json
import os
import typing

import azure.functions as func

from tests.stack.functions_host.observer import tell

ANONYMOUS = func.AuthLevel.ANONYMOUS
app = func.FunctionApp()
print("printed while indexing")  # what an app prints must not get between host and parent


@app.route("echo/{name}", auth_level=ANONYMOUS)
def echo(req: func.HttpRequest) -> func.HttpResponse:
    seen = {
        "method": req.method,
        "url": req.url,
        "route": dict(req.route_params),
        "query": dict(req.params),
        "header": req.headers.get("X-Sent"),
        "body": req.get_body().hex(),
    }
    return func.HttpResponse(
        json.dumps(seen), status_code=207, mimetype="application/json", headers={"X-Answer": "yes"}
    )


@app.route("echo/special", methods=["GET"], auth_level=ANONYMOUS)
def special(req: func.HttpRequest) -> str:
    return "the literal route"


@app.route("files/{*path}", methods=["GET"], auth_level=ANONYMOUS)
def read_file(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(json.dumps(dict(req.route_params)))


@app.route("files/{*path}", methods=["PUT"], auth_level=ANONYMOUS)
async def write_file(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(req.get_body(), mimetype="application/octet-stream", status_code=201)


@app.route("with-key", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
def with_key(req: func.HttpRequest) -> str:
    return "function"


@app.route("admin-only", methods=["GET"], auth_level=func.AuthLevel.ADMIN)
def admin_only(req: func.HttpRequest) -> str:
    return "admin"


@app.route("setting/{name}", methods=["GET"], auth_level=ANONYMOUS)
def setting(req: func.HttpRequest) -> str:
    return os.environ.get(req.route_params["name"], "")


@app.route("send", methods=["POST"], auth_level=ANONYMOUS)
@app.queue_output(arg_name="out", queue_name="host-http-out", connection="AzureWebJobsStorage")
async def send(req: func.HttpRequest, out: func.Out[typing.List[str]]) -> func.HttpResponse:  # noqa: UP006  # list[str] fails indexing
    out.set(req.get_json())
    if req.params.get("fail"):
        raise ValueError("fails after it set its output")
    return func.HttpResponse("accepted", status_code=202)


@app.route("slow", methods=["GET"], auth_level=ANONYMOUS)
async def slow(req: func.HttpRequest) -> str:
    try:
        await asyncio.Event().wait()
    finally:
        await tell("slow ended")
    return "never"


@app.route("switched-off", methods=["GET"], auth_level=ANONYMOUS)
def switched_off(req: func.HttpRequest) -> str:
    return "on"
