import re

from local.celum_simulator import CelumSimulator
from tests.simulators.celum.client import Client


async def test_the_page_and_everything_it_names_are_served(sim: CelumSimulator, api: Client) -> None:
    async def get(path: str) -> str:
        async with api.session.get(sim.base_url + path) as got:
            assert got.status == 200, path
            return await got.text()

    page = await get("/")
    linked = re.findall(r'(?:href|src)="(/[^"]+)"', page)
    assert linked == ["/web/page.css", "/web/page.js"]
    script = "".join([await get(path) for path in linked if path.endswith(".js")])
    ids = set(re.findall(r'\$\("(\w+)"\)', script))
    assert ids <= set(re.findall(r'id="(\w+)"', page))
    for module in re.findall(r'from "\./([\w.]+)"', script):
        await get(f"/web/{module}")


async def test_every_tenant_shows_its_operations(sim: CelumSimulator, api: Client) -> None:
    sim.serving.observers.clear()  # the list itself is none of them
    async with api.session.get(f"{sim.base_url}/content-api/v1/swagger-ui/") as got:
        assert got.status == 200
        assert "POST /content-api/v1/assets/search" in await got.text()
