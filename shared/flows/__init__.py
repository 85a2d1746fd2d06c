"""The flow language: what should happen. Pure; knows the words and the errors of the bridge, nothing else."""

from shared.flows._deciding import decide, needs
from shared.flows._file_loading import load
from shared.flows._model import (
    CelumConnection,
    FlowFile,
    IngestFlow,
    Limits,
    Mode,
    OneDriveConnection,
    OnExisting,
    Start,
)
from shared.flows._selection import selects
from shared.flows._writing import Status, column_values, columns_read

__all__ = [
    "CelumConnection",
    "FlowFile",
    "IngestFlow",
    "Limits",
    "Mode",
    "OnExisting",
    "OneDriveConnection",
    "Start",
    "Status",
    "column_values",
    "columns_read",
    "decide",
    "load",
    "needs",
    "selects",
]
