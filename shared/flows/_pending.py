"""What the language already says and decides, and the engine does not carry out yet: refused by the loader.

To switch a key on, take its line out when the engine does what the line says, and write the editors' schema
anew: `bridge show --schema > flows.schema.json`.
"""

from __future__ import annotations

from collections.abc import Mapping

# rule, or rule=value → what the engine has to do first
PENDING: Mapping[str, str] = {
    "ready.checked_in": "gather Kind.CHECKED_IN (publication.level of the item)",
    "ready.content_approval": "gather Kind.CONTENT_APPROVAL (the library's moderation status)",
    "ready.folder": "gather Kind.FOLDER once per captures; keep what is behind a closed gate dormant (Decision.behind)",
    "ready.collection": "gather Kind.COLLECTION likewise, from CELUM",
    "to.collection_type": "create a missing root collection of Wish.collection_type",
    "identity=name": "look for the asset by its name in the target collection",
    "identity.*": "look for the asset by Wish.matches",
    "on_existing.same_content=update_fields": "write the fields of an asset that was found",
    "on_existing.same_content=hold": "hold instead of linking to an asset that was found",
    "on_existing.new_content=create": "create a second asset for a link that has one",
    "on_existing.new_content=hold": "hold, instead of adding a version, what was found by key",
    "after.move_to": "move the file to Wish.move_to after settling, and record Link.finished",
    "after=delete": "delete the file after settling (Wish.delete), verified twice, and record Link.finished",
}
