"""The flow language: what should happen. Pure; knows the words and the errors of the bridge, nothing else."""

from shared.flows._case_loading import load_cases
from shared.flows._cases import Case, Difference, GivenAsset, differences
from shared.flows._deciding import decide, needs
from shared.flows._dormant import folder_gates, gate_captures, shut_because
from shared.flows._file_loading import load
from shared.flows._model import (
    CelumConnection,
    FieldMatch,
    FlowFile,
    IngestFlow,
    Limits,
    Mode,
    OneDriveConnection,
    OnExisting,
    Start,
)
from shared.flows._preview import Previewed, preview
from shared.flows._schema import cases_schema, flows_schema
from shared.flows._selection import not_selected_because, selects
from shared.flows._showing import normalised
from shared.flows._writing import Status, column_values, columns_read
from shared.flows._yaml import as_yaml

__all__ = [
    "Case",
    "CelumConnection",
    "Difference",
    "FieldMatch",
    "FlowFile",
    "GivenAsset",
    "IngestFlow",
    "Limits",
    "Mode",
    "OnExisting",
    "OneDriveConnection",
    "Previewed",
    "Start",
    "Status",
    "as_yaml",
    "cases_schema",
    "column_values",
    "columns_read",
    "decide",
    "differences",
    "flows_schema",
    "folder_gates",
    "gate_captures",
    "load",
    "load_cases",
    "needs",
    "normalised",
    "not_selected_because",
    "preview",
    "selects",
    "shut_because",
]
