from pathlib import Path

from ruamel.yaml import YAML

from shared.console.document import document

FILE = Path(__file__).parents[3] / "docs" / "api.openapi.yaml"


def test_the_document_of_the_api_says_what_the_code_does() -> None:
    written = YAML(typ="safe", pure=True).load(FILE.read_text("utf-8"))
    assert written == document(), "write it anew: python -m shared.console.document > docs/api.openapi.yaml"


def test_every_reference_of_the_document_leads_somewhere() -> None:
    text = str(document())
    schemas = document()["components"]["schemas"]  # type: ignore[index]  # plain data
    wanted = {part.split("'")[0] for part in text.split("#/components/schemas/")[1:]}
    assert wanted <= set(schemas)
