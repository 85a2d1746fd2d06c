from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from kiota_abstractions.authentication import AllowedHostsValidator
from kiota_abstractions.authentication.access_token_provider import AccessTokenProvider
from kiota_abstractions.authentication.base_bearer_token_authentication_provider import (
    BaseBearerTokenAuthenticationProvider,
)
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_http.middleware.options import RetryHandlerOption, UserAgentHandlerOption
from msgraph.generated.drives.item.items.item.create_upload_session.create_upload_session_post_request_body import (
    CreateUploadSessionPostRequestBody,
)
from msgraph.generated.models.drive_item_uploadable_properties import DriveItemUploadableProperties
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.subscription import Subscription
from msgraph.graph_request_adapter import GraphRequestAdapter
from msgraph.graph_request_adapter import options as sdk_options
from msgraph.graph_service_client import GraphServiceClient
from msgraph_core import GraphClientFactory
from msgraph_core.middleware.async_graph_transport import AsyncGraphTransport

from local.onedrive_simulator import OneDriveSimulator
from tests.simulators.onedrive.receiver import Receiver

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the SDK warns of its own classes


class FixedToken(AccessTokenProvider):
    async def get_authorization_token(
        self,
        uri: str,
        additional_authentication_context: dict[str, Any] | None = None,  # noqa: ARG002  given by the base
    ) -> str:
        return "token" if self.get_allowed_hosts_validator().is_url_host_valid(uri) else ""

    def get_allowed_hosts_validator(self) -> AllowedHostsValidator:
        return AllowedHostsValidator(["127.0.0.1"])


@pytest.fixture
async def sdk(sim: OneDriveSimulator) -> AsyncIterator[GraphServiceClient]:
    options = {
        **sdk_options,
        UserAgentHandlerOption.get_key(): UserAgentHandlerOption(
            product_name="NONISV|Acme|Test", product_version="1.0"
        ),
        RetryHandlerOption.get_key(): RetryHandlerOption(should_retry=False),
    }
    http = GraphClientFactory.create_with_default_middleware(host=sim.base_url, options=options)
    adapter = GraphRequestAdapter(BaseBearerTokenAuthenticationProvider(FixedToken()), client=http)
    yield GraphServiceClient(request_adapter=adapter)
    await http.aclose()
    kept = http._transport
    assert isinstance(kept, AsyncGraphTransport)
    await kept.transport.aclose()  # the SDK's transport leaves the one below open


async def test_the_sdk_finds_its_way_with_the_addresses_it_builds(
    sim: OneDriveSimulator, sdk: GraphServiceClient, drive: str, site: str
) -> None:
    """Its double slash, %21, items/root/delta() and {parent}%3A%2F{name}%3A included."""
    folder = sim.make_folder(drive, "/F")
    sim.put_file(drive, "/F/a.txt", b"hello")
    sim.set_column(drive, "/F/a.txt", "Title", "Spring")
    items = sdk.drives.by_drive_id(drive).items

    root = items.by_drive_item_id("root")
    page = await root.delta.get()
    latest = await root.delta_with_token("latest").get()
    assert page
    assert page.value
    assert latest
    assert latest.odata_delta_link
    sim.put_file(drive, "/F/b.txt", b"more")
    later = await root.delta.with_url(latest.odata_delta_link).get()
    drives = await sdk.sites.by_site_id(site).drives.get()
    named = await items.by_drive_item_id(f"{folder}:/a.txt:").get()
    assert named
    assert named.id
    assert later
    assert later.value
    assert drives
    assert drives.value
    address = f"{sim.base_url}/v1.0/drives/{drive}/items/{named.id}/listItem?$expand=fields"
    list_item = await items.by_drive_item_id(named.id).list_item.with_url(address).get()

    assert [i.name for i in page.value if i.file] == ["a.txt"]
    assert [i.name for i in later.value if i.file] == ["b.txt"]
    assert [d.id for d in drives.value] == [drive]
    assert named.file
    assert named.file.hashes
    assert "@microsoft.graph.downloadUrl" in named.additional_data
    assert list_item
    assert list_item.fields
    assert list_item.fields.additional_data["Title"] == "Spring"
    assert any("NONISV|Acme|Test" in agent for agent in sim.tenant.user_agents)


async def test_the_sdk_opens_an_upload_session_and_reads_content_and_versions(
    sim: OneDriveSimulator, sdk: GraphServiceClient, drive: str
) -> None:
    items = sdk.drives.by_drive_id(drive).items
    properties = DriveItemUploadableProperties(additional_data={"@microsoft.graph.conflictBehavior": "replace"})
    session = await items.by_drive_item_id("root:/new name.txt:").create_upload_session.post(
        CreateUploadSessionPostRequestBody(item=properties)
    )
    assert session
    assert session.upload_url
    async with httpx.AsyncClient() as plain:
        answer = await plain.put(session.upload_url, content=b"hello", headers={"Content-Range": "bytes 0-4/5"})
    item = sim.item(drive, "/new name.txt")
    versions = await items.by_drive_item_id(item.id).versions.get()

    assert answer.status_code == 201
    assert await items.by_drive_item_id(item.id).content.get() == b"hello"
    assert versions
    assert versions.value
    assert [v.id for v in versions.value] == ["1.0"]


async def test_the_sdk_reads_errors_and_their_headers(
    sim: OneDriveSimulator, sdk: GraphServiceClient, drive: str
) -> None:
    root = sdk.drives.by_drive_id(drive).items.by_drive_item_id("root")
    page = await root.delta.get()
    assert page
    assert page.odata_delta_link
    sim.force_resync(drive)

    with pytest.raises(ODataError) as gone:
        await root.delta.with_url(page.odata_delta_link).get(RequestConfiguration())
    assert gone.value.response_status_code == 410
    assert gone.value.error
    assert gone.value.error.code == "resyncRequired"
    assert gone.value.response_headers
    assert "location" in gone.value.response_headers


async def test_the_sdk_subscribes(sim: OneDriveSimulator, sdk: GraphServiceClient, drive: str) -> None:
    async with Receiver.listening() as receiver:
        created = await sdk.subscriptions.post(
            Subscription(
                change_type="updated",
                resource=f"/drives/{drive}/root",
                notification_url=f"{receiver.url}/notify",
                expiration_date_time=sim.clock.now() + timedelta(days=1),
                client_state="secret",
            )
        )
    assert created
    assert created.id in sim.tenant.subscriptions
