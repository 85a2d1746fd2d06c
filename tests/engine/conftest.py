from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from local.azurite import Azurite
from tests.kit.campaign import Campaign, campaign_in


@pytest_asyncio.fixture
async def campaign(azurite: Azurite, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Campaign]:
    async with campaign_in(azurite, tmp_path, request.node.name) as campaign:
        yield campaign
