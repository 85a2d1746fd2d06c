"""The only module that imports msgraph and kiota; imported by graph.py with the first call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError, ClientAuthenticationError
from kiota_abstractions.authentication import BaseBearerTokenAuthenticationProvider
from kiota_abstractions.method import Method
from kiota_abstractions.request_information import RequestInformation
from kiota_abstractions.response_handler import ResponseHandler
from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
from kiota_http.middleware.options import ResponseHandlerOption
from kiota_http.observability_options import ObservabilityOptions
from msgraph.graph_request_adapter import GraphRequestAdapter
from msgraph.graph_request_adapter import options as sdk_options
from msgraph.graph_service_client import GraphServiceClient
from msgraph_core import GraphClientFactory
from msgraph_core.middleware import GraphTelemetryHandler
from msgraph_core.middleware.options import GraphTelemetryHandlerOption

from shared.errors import NotAuthorised, System, Unavailable
from shared.onedrive.answers import Answer
from shared.onedrive.hosts import origin
from shared.onedrive.settings import OneDriveSettings


def make_adapter(
    settings: OneDriveSettings, credential: AsyncTokenCredential, scopes: list[str], timeouts: tuple[float, float]
) -> tuple[GraphRequestAdapter, httpx.AsyncBaseTransport]:
    """An adapter that sends its token to one host only, follows no redirect and never retries."""
    host = origin(settings.base_url)[1]
    auth: BaseBearerTokenAuthenticationProvider = AzureIdentityAuthenticationProvider(
        credential, scopes=scopes, allowed_hosts=[host]
    )
    connect, read = timeouts
    transport = httpx.AsyncHTTPTransport(http2=True)
    client = httpx.AsyncClient(
        base_url=settings.root,
        transport=transport,
        follow_redirects=False,
        timeout=httpx.Timeout(read, connect=connect),
        headers={"User-Agent": settings.user_agent},
    )
    telemetry = sdk_options[GraphTelemetryHandlerOption.get_key()]
    http = GraphClientFactory.create_with_custom_middleware([GraphTelemetryHandler(options=telemetry)], client=client)
    adapter = GraphRequestAdapter(auth, client=http)
    adapter.observability_options = ObservabilityOptions(include_euii_attributes=False)  # spans would hold whole URLs
    GraphServiceClient(request_adapter=adapter)  # registers the SDK's JSON parsers
    adapter.base_url = settings.root
    return adapter, transport


class _Raw(ResponseHandler):
    """Takes the answer as it came, before the SDK makes models or errors of it."""

    async def handle_response_async(self, response: Any, error_map: object) -> Answer:  # noqa: ANN401, ARG002 (the SDK's)
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, headers, response.content)


async def send(
    adapter: GraphRequestAdapter,
    method: str,
    url: str,
    operation: str,
    *,
    content: bytes | None,
    headers: Mapping[str, str],
) -> Answer:
    request = RequestInformation()
    request.http_method = Method(method)
    request.url = url
    request.headers.try_add("Accept", "application/json")
    for name, value in headers.items():
        request.headers.add(name, value)
    if content is not None:
        request.content = content
        request.headers.try_add("Content-Type", "application/json")
    request.add_request_options([ResponseHandlerOption(_Raw())])
    try:
        answer = await adapter.send_primitive_async(request, "bytes", {})
    except httpx.InvalidURL as error:
        raise Unavailable(System.ONEDRIVE, operation, "a link that is no address") from error
    except httpx.HTTPError as error:
        raise Unavailable(System.ONEDRIVE, operation, f"no whole answer ({type(error).__name__})") from error
    except ClientAuthenticationError as error:
        raise NotAuthorised(System.ONEDRIVE, operation, f"no token: {error.message}") from error
    except AzureError as error:
        raise Unavailable(System.ONEDRIVE, operation, f"no token: {error.message}") from error
    if not isinstance(answer, Answer):
        raise Unavailable(System.ONEDRIVE, operation, "no answer")
    return answer
