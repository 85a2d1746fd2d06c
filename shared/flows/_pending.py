"""What the language already says and decides, and the engine does not carry out yet: refused by the loader.

To switch a key on, take its line out when the engine does what the line says, and write the editors' schema
anew: `bridge show --schema > flows.schema.json`.
"""

from __future__ import annotations

from collections.abc import Mapping

# rule, or rule=value → what the engine has to do first
PENDING: Mapping[str, str] = {}
