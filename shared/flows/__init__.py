"""The flow language: what should happen. Pure; knows the words and the errors of the bridge, nothing else."""

from shared.flows._case import Case, Difference, GivenAsset
from shared.flows._case_loading import load_cases
from shared.flows._cases import differences
from shared.flows._deciding import LOST, decide, needs
from shared.flows._dormant import folder_gates, gate_captures, shut_because
from shared.flows._file_loading import load
from shared.flows._gates import traced_by_versions
from shared.flows._model import (
    CelumConnection,
    CheckedIn,
    ColumnIs,
    ContentApprovalIs,
    FieldMatch,
    FieldRule,
    FlowFile,
    Gate,
    GateKind,
    IngestFlow,
    Limits,
    Mode,
    OneDriveConnection,
    OnExisting,
    Start,
)
from shared.flows._places import VALUE, Places
from shared.flows._preview import Previewed, preview, target_of
from shared.flows._reading import Unfit, internal_name, run_id, touch_of
from shared.flows._ready_loading import leaves_of
from shared.flows._schema import cases_schema, flows_schema
from shared.flows._section import did_you_mean
from shared.flows._selection import not_selected_because, selects
from shared.flows._showing import normalised
from shared.flows._sources import Source, Template
from shared.flows._writing import Status, column_values, columns_read, reads_touch
from shared.flows._yaml import as_yaml

__all__ = [
    "LOST",
    "VALUE",
    "Case",
    "CelumConnection",
    "CheckedIn",
    "ColumnIs",
    "ContentApprovalIs",
    "Difference",
    "FieldMatch",
    "FieldRule",
    "FlowFile",
    "Gate",
    "GateKind",
    "GivenAsset",
    "IngestFlow",
    "Limits",
    "Mode",
    "OnExisting",
    "OneDriveConnection",
    "Places",
    "Previewed",
    "Source",
    "Start",
    "Status",
    "Template",
    "Unfit",
    "as_yaml",
    "cases_schema",
    "column_values",
    "columns_read",
    "decide",
    "did_you_mean",
    "differences",
    "flows_schema",
    "folder_gates",
    "gate_captures",
    "internal_name",
    "leaves_of",
    "load",
    "load_cases",
    "needs",
    "normalised",
    "not_selected_because",
    "preview",
    "reads_touch",
    "run_id",
    "selects",
    "shut_because",
    "target_of",
    "touch_of",
    "traced_by_versions",
]
