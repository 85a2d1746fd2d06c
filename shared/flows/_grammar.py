"""The keys of a flow file: one list, by which the loader reads, and of which the editors' schema is made."""

from __future__ import annotations

from collections.abc import Mapping

from shared.flows._shapes import FLAG, Choice, Either, Key, Keys, Later, Listed, Named, Ref, Shape, Word, Words
from shared.flows._units import COUNT, DAYS, DURATION, SIZE, SPAN

PATH = r"^/"
SOURCE_PATTERN = r"^(path|name|column|office|embedded|file|run|asset)\..+$"
SOURCE = Word(SOURCE_PATTERN)
SOURCES = Words(SOURCE_PATTERN)
TYPES = Words(r"^(image|video|audio|document|text|model3d|\..+)$")

CONNECTION = Keys(
    {
        "onedrive": Key(
            Keys(
                {
                    "site": Key(Word(), 'the site, such as "acme.sharepoint.com:/sites/marketing"'),
                    "library": Key(Word(), "the name of the document library"),
                    "drive_id": Key(Word(), "the library's id, instead of site and library"),
                }
            ),
            "a document library or a OneDrive",
        ),
        "celum": Key(Keys({}), "CELUM; base URL and key come from app settings"),
        "private": Key(Later(), "nobody but the service sees it"),
    }
)

LIMITS = Keys(
    {
        "parallel": Key(COUNT, "transfers at one time; at the top only"),
        "deletes_per_hour": Key(COUNT, "more deletions than this, and the flow stops and asks a person"),
        "new_versions_per_hour": Key(COUNT, "more new versions than this, and the flow stops and asks a person"),
        "retracts_per_hour": Key(Later(), "more retractions than this, and the flow stops and asks a person"),
        "first_run": Key(COUNT, "files a step of `start: existing`; each step is released by a person"),
        "keep_journal": Key(DAYS, "how long the journal is kept; at the top only"),
        "keep_deliveries": Key(Later(), "how long the record of deliveries is kept; at the top only"),
    }
)

CONDITION = Keys(
    {
        "unchanged_for": Key(DURATION, "nobody has saved other content for this long"),
        "checked_in": Key(Choice(("true",)), "the file is checked in"),
        "column": Key(Named(Words()), "a column has this value, or one of these"),
        "content_approval": Key(Words(), "the library's own content approval: Approved"),
        "office": Key(Named(Words()), "a document property has this value, or one of these"),
        "name": Key(Word(), 'the name is like this, such as "*_FINAL.*"'),
        "folder": Key(
            Keys(
                {
                    "path": Key(Word(PATH), "the folder, with captures of from.path", required=True),
                    "column": Key(Named(Words()), "a column of the folder has this value", required=True),
                }
            ),
            "a folder above the file is ready; until then the files behind it are dormant",
        ),
        "collection": Key(
            Keys(
                {
                    "path": Key(Word(PATH), "the collection, with captures of from.path", required=True),
                    "field": Key(Named(Words()), "an information field of it has this value", required=True),
                }
            ),
            "a collection in CELUM is ready; until then the files behind it are dormant",
        ),
        "any": Key(Listed(Ref("condition")), "at least one of these holds"),
        "not": Key(Ref("condition"), "this does not hold"),
    }
)

FROM = Keys(
    {
        "onedrive": Key(Word(), "the connection", required=True),
        "path": Key(
            Word(PATH), "from the library's root: * in a segment, {capture} one segment, ** any", required=True
        ),
        "types": Key(TYPES, "image, video, audio, document, text, model3d, or extensions such as .indd (default: all)"),
        "ignore": Key(Words(), "globs on the name; temporary and hidden files always"),
    }
)

ACCEPT = Keys(
    {
        "types": Key(TYPES, "only these categories or extensions"),
        "max_size": Key(SIZE, "at most so large"),
        "name": Key(Word(), 'a pattern whose captures are values: "{sku}_{language}_*.{ext}" gives name.sku'),
        "min_pixels": Key(COUNT, "of the longer side; unknown is held"),
    }
)

TO = Keys(
    {
        "celum": Key(Word(), "the connection", required=True),
        "intake": Key(Word(PATH), "a collection that only the service sees, where an asset is verified first"),
        "collection": Key(Word(PATH), "where the asset stands; {values} in braces", required=True),
        "create_collections": Key(FLAG, "make missing collections (default: false)"),
        "collection_type": Key(Word(), "of a missing root collection"),
        "asset_type": Key(Word(), "the asset type's name", required=True),
        "name": Key(Words(), "the asset's name: a source, the first of a list, or a template (default: file.stem)"),
        "key": Key(Word(), "a text field for the bridge's own mark: exact repeats, and recovery"),
    }
)

FIELD = Keys(
    {
        "from": Key(SOURCES, "where the value comes from; of a list the first that is not empty"),
        "type": Key(Choice(("date",)), "a calendar day in time_zone"),
        "add": Key(SPAN, "so long after that day"),
        "split": Key(Word(), "one value becomes several at this text"),
        "table": Key(Word(), "what people write → what CELUM holds; an unknown value is held"),
        "default": Key(Word(), "where everything is empty"),
        "required": Key(FLAG, "empty is held (default: false)"),
        "locale": Key(Word(), "the language of a localised field (default: the system language)"),
        "authority": Key(Choice(("onedrive", "celum")), "who wins when both sides changed it (default: onedrive)"),
    }
)

FLOW = Keys(
    {
        "id": Key(Word(r"^[a-z0-9][a-z0-9-]{0,62}$"), "lower-case letters, digits and hyphens", required=True),
        "about": Key(Word(), "what the flow is for, in a sentence"),
        "mode": Key(Choice(("on", "observe", "off")), "observe decides and journals, acts never (default: on)"),
        "start": Key(Choice(("new", "existing")), "new: what was there before is left alone until it changes"),
        "from": Key(FROM, "which files", required=True),
        "ready": Key(Listed(Ref("condition"), or_one=True), "when a file is finished; all must hold"),
        "changed_after_ready": Key(
            Either((Choice(("hold", "accept")), Keys({"reset": Key(Named(Word()), "take the approval back")}))),
            "other content arrives while the approving values stand (default: hold)",
        ),
        "accept": Key(ACCEPT, "what may pass; anything else is held"),
        "to": Key(TO, "where it goes", required=True),
        "identity": Key(
            Listed(Either((Choice(("link", "key", "checksum", "name")), Named(SOURCE))), or_one=True),
            "how an existing asset is recognised, in order (default: link, key, checksum)",
        ),
        "on_existing": Key(
            Keys(
                {
                    "same_content": Key(Choice(("link", "update_fields", "hold")), "default: link"),
                    "new_content": Key(Choice(("add_version", "create", "hold")), "default: add_version"),
                }
            ),
            "what happens with an asset that was recognised",
        ),
        "fields": Key(Named(FIELD), "what CELUM shall know about it"),
        "availability": Key(
            Keys({"from": Key(SOURCE, "the first day or instant"), "until": Key(SOURCE, "the last day or instant")}),
            "embargo and expiry; needs to.intake",
        ),
        "incomplete": Key(Choice(("hold",)), "a required field is empty or a value is not in its table"),
        "review": Key(Later(), "approval in CELUM"),
        "relate": Key(Later(), "a relation to another asset"),
        "columns": Key(Named(SOURCE), "what people see in columns of the library"),
        "after": Key(
            Either((Choice(("keep", "delete")), Keys({"move_to": Key(Word(PATH), "a folder of the library")}))),
            "what becomes of the file once it is settled (default: keep)",
        ),
        "on_ready_lost": Key(Choice(("keep", "unavailable", "hold")), "the approval is taken back (default: keep)"),
        "on_source_deleted": Key(Choice(("keep", "unavailable", "hold")), "the file is deleted (default: keep)"),
        "manifest": Key(Later(), "a list of everything taken, beside it"),
        "limits": Key(LIMITS, "for this flow alone"),
    }
)

FILE = Keys(
    {
        "version": Key(Choice(("1",)), "of this language", required=True),
        "name": Key(Word(), "of the file, for people", required=True),
        "time_zone": Key(Word(), "a date without a time is a day in this zone, such as Europe/Vienna", required=True),
        "connections": Key(Named(CONNECTION), "the places that flows speak of", required=True),
        "tables": Key(Named(Named(Word())), "controlled vocabularies: what people write: what CELUM holds"),
        "approval": Key(Later(), "how CELUM records approval"),
        "limits": Key(LIMITS, "what may happen before a person is asked"),
        "flows": Key(Listed(FLOW), "what should happen", required=True),
    }
)

MOMENT = {
    "path": Key(Word(PATH), "of the file, from the library's root"),
    "size": Key(SIZE, "default: 1MB"),
    "pixels": Key(Word(r"^[1-9]\d*x[1-9]\d*$"), "width and height of an image: 4000x3000"),
    "unchanged_for": Key(DURATION, "how long the ledger has known the present content (default: 30d)"),
    "column": Key(Named(Words()), "columns of the file"),
    "office": Key(Named(Word()), "its document properties"),
    "embedded": Key(Named(Words()), "what its XMP or IPTC says"),
    "checked_in": Key(FLAG, "default: true"),
    "content_approval": Key(Word(), "the library's own content approval"),
    "folder": Key(Named(Named(Words())), "columns of folders: {/Campaigns/Spring: {Status: Closed}}"),
    "collection": Key(Named(Named(Words())), "fields of collections: {/Campaigns/Spring: {Status: Closed}}"),
    "created_by": Key(Word(), "an e-mail address"),
    "modified_by": Key(Word(), "an e-mail address"),
    "deleted": Key(FLAG, "the file is gone"),
    "malware": Key(FLAG, "OneDrive reports malware in it"),
    "approved_content": Key(
        Choice(("present", "other", "unknown")),
        "what was approved: the present content, an earlier one, or nobody knows",
    ),
}
ASSET = Keys(
    {
        "version": Key(
            Choice(("present", "other")),
            "what it holds: content of this file, or what the bridge did not bring (default: present)",
        ),
        "name": Key(Word(), "default: as the flow names it"),
        "collections": Key(Words(PATH), "where it stands (default: where the flow puts it)"),
        "fields": Key(Named(Words()), "what its fields hold"),
        "availability": Key(Choice(("available", "unavailable")), "default: available"),
        "key": Key(FLAG, "it carries the bridge's own mark of this file (default: false)"),
    }
)
KNOWN_STATES = Choice(("settled", "closed", "before"))

GIVEN = Keys(
    {
        **MOMENT,
        "path": Key(Word(PATH), MOMENT["path"].about, required=True),
        "now": Key(Word(), "the time of the case, in time_zone (default: 15 January 2026, noon)"),
        "known": Key(
            Either(
                (
                    KNOWN_STATES,
                    Keys(
                        {
                            "state": Key(KNOWN_STATES, "what the ledger knows of the file", required=True),
                            "content": Key(Choice(("present", "other")), "what it held then (default: present)"),
                            "finished": Key(Word(), "where the flow's own `after` put it: a path, or deleted"),
                            **MOMENT,
                        }
                    ),
                )
            ),
            "that the file settled, was closed, or was there before the flow; and what was different then",
        ),
        "asset": Key(ASSET, "what stands in CELUM already: the file's asset if it settled, otherwise somebody else's"),
    }
)

EXPECT = Keys(
    {
        "outcome": Key(Choice(("ignore", "wait", "hold", "do", "nothing")), "what is decided"),
        "verb": Key(Choice(("create", "add_version", "update", "close", "reset")), "what is done"),
        "why": Key(Words(), "each stands in one of the reasons"),
        "look_again": Key(Word(), "a waiting file is looked at after this time, or `on change`"),
        "collection": Key(Word(), "where the asset stands"),
        "name": Key(Word(), "of the asset"),
        "fields": Key(Named(Words()), 'what the fields shall hold; "" for empty'),
        "available_from": Key(Word(), "a day, or a time in time_zone"),
        "available_until": Key(Word(), "a day, or a time in time_zone"),
        "unavailable": Key(FLAG, "the asset goes out of use"),
        "columns": Key(Named(Word()), "what is written to the source file when an approval is taken back"),
        "move_to": Key(Word(), "where the file goes afterwards"),
    }
)

CASE = Keys(
    {
        "name": Key(Word(), "a sentence", required=True),
        "flow": Key(Word(), "its id", required=True),
        "given": Key(GIVEN, "what is known about one file", required=True),
        "expect": Key(EXPECT, "what follows; only what is named is compared", required=True),
    }
)
CASES = Keys({"tests": Key(Listed(CASE), "what the flows decide", required=True)})

DEFINITIONS: Mapping[str, Shape] = {"condition": CONDITION}

# The values a flow may use (FLOWS §6); those of CELUM's side belong to the other shapes.
FILE_VALUES = ("name", "stem", "extension", "size", "created", "modified", "created_by", "modified_by", "web_url", "id")
RUN_VALUES = ("date", "year", "id")
STATUS_VALUES = ("status", "reason")  # known only when columns are written
EMBEDDED_VALUES = (
    *("title", "headline", "description", "alt_text", "keywords", "creator", "credit", "source", "rights"),
    *("usage_terms", "web_statement", "licensor", "expires", "location", "city", "state", "country", "country_code"),
    *("instructions", "job", "language", "rating", "created"),
)  # and every raw name with its prefix: dc:title, iptc:ObjectName
