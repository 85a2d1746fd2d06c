"""`bridge check --live`: the names, rights and capabilities that the flow file relies on, in both live systems."""

from shared.engine.checking.check import Checked, check

__all__ = ["Checked", "check"]
