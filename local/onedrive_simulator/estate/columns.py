"""Column values as SharePoint takes and gives them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from local.onedrive_simulator.clock import iso
from local.onedrive_simulator.estate.model import Column, Fields, Value
from local.onedrive_simulator.problems import invalid

TEXT_CHARACTERS = 255  # of a single line of text
ANNOTATION = "@odata.type"  # "Languages@odata.type": "Collection(Edm.String)" stands beside a multi-choice value


def accept(columns: Mapping[str, Column], body: Mapping[str, Any], zone: ZoneInfo) -> Fields:
    """The values of a fields body, checked one by one; 400 names what does not fit."""
    accepted: Fields = {}
    for name, value in body.items():
        if name.startswith("@") or name.endswith(ANNOTATION):
            continue
        column = columns.get(name) or columns.get(name.removesuffix("LookupId"))
        if column is None:
            raise invalid(f"Field '{name}' is not recognized")
        if value is not None and column.kind == "multiChoice" and f"{name}{ANNOTATION}" not in body:
            raise invalid(f"A value for '{name}' needs '{name}@odata.type': 'Collection(Edm.String)'")
        accepted[column.name] = _accept_one(column, value, zone)
    return accepted


def _accept_one(column: Column, value: object, zone: ZoneInfo) -> Value:
    if value is None or value == "":
        return None
    match column.kind:
        case "text" if isinstance(value, str) and len(value) <= TEXT_CHARACTERS:
            return value
        case "choice" if isinstance(value, str) and (value in column.choices or not column.choices):
            return value
        case "multiChoice" if isinstance(value, list) and _all_known(column, value):
            return [str(v) for v in value] or None
        case "number" if isinstance(value, int | float) and not isinstance(value, bool):
            return value
        case "boolean" if isinstance(value, bool):
            return value
        case "person" if isinstance(value, str | int):
            return str(value)
        case "dateTime" if isinstance(value, str):
            return _moment(column, value, zone)
    raise invalid(f"The value {value!r} does not fit the column '{column.name}' ({column.kind})")


def _all_known(column: Column, values: list[object]) -> bool:
    return all(isinstance(v, str) and (v in column.choices or not column.choices) for v in values)


def _moment(column: Column, text: str, zone: ZoneInfo) -> str:
    """A "date only" value is kept as the UTC moment of midnight in the site's time zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise invalid(f"The value {text!r} of column '{column.name}' is not a date") from None
    if not column.date_only:
        return iso(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    day = moment.astimezone(zone).date() if moment.tzinfo else moment.date()
    return iso(datetime.combine(day, time(), tzinfo=zone))


def definition(column: Column) -> dict[str, Any]:
    """The columnDefinition that Graph shows."""
    facets: dict[str, dict[str, Any]] = {
        "text": {"text": {"allowMultipleLines": False, "maxLength": TEXT_CHARACTERS}},
        "choice": {"choice": {"choices": list(column.choices), "displayAs": "dropDownMenu", "allowTextEntry": False}},
        "multiChoice": {
            "choice": {"choices": list(column.choices), "displayAs": "checkBoxes", "allowTextEntry": False}
        },
        "dateTime": {"dateTime": {"format": "dateOnly" if column.date_only else "dateTime"}},
        "number": {"number": {"decimalPlaces": "automatic"}},
        "boolean": {"boolean": {}},
        "person": {"personOrGroup": {"allowMultipleSelection": False, "chooseFromType": "peopleOnly"}},
    }
    default = {"defaultValue": {"value": str(column.default)}} if column.default is not None else {}
    return {
        "id": f"column-{column.name.lower()}",
        "name": column.name,
        "displayName": column.display_name or column.name,
        "required": column.required,
        "readOnly": False,
        "hidden": False,
        "indexed": False,
        **default,
        **facets[column.kind],
    }
