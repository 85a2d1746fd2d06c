from __future__ import annotations

import pytest

from shared.errors import FlowFileProblem
from shared.flows import load
from shared.flows._nodes import ADVICE
from tests.unit.flows.covering import refuses
from tests.unit.flows.support import APPROVED, flow_text

TEN_MISTAKES = """\
version: "1"
name: Acme marketing content
time_zone: Europe/Viena
connections:
  marketing: {onedrive: {site: "acme.sharepoint.com:/sites/marketing", library: Documents}}
  dam: {celum: {}}
tables:
  markets: {NO: Norway}
flows:
  - id: campaign-masters
    from: {onedrive: marketng, path: "/Campaigns/{campaign}/**", types: [imge]}
    ready:
      - unchanged_for: 2 minutes
      - colum: {ApprovalStatus: Approved}
    to:
      celum: dam
      collection: "/Campaigns/{campain}"
      asset_typ: Master
    fields:
      Title: {from: [colum.Title, file.stem]}
      Market: {from: column.Market, table: market}
    review: {collection: /Review}
"""

TEN_PROBLEMS = """\
flows.yaml:3:12 time_zone: "Europe/Viena" is not a time zone. Did you mean "Europe/Vienna"?
flows.yaml:11:22 flow campaign-masters: there is no connection "marketng". Did you mean "marketing"?
flows.yaml:11:74 flow campaign-masters: from.types: "imge" is neither a category nor an extension with its dot. \
Did you mean "image"?
flows.yaml:13:24 flow campaign-masters: ready.unchanged_for: "2 minutes" is not a duration such as 30s, 2m, 1h or 1d.
flows.yaml:14:9 flow campaign-masters: "colum" is not a condition of ready. Did you mean "column"?
flows.yaml:17:19 flow campaign-masters: to.collection: from.path has no capture "campain". Did you mean "campaign"?
flows.yaml:18:7 flow campaign-masters: "asset_typ" is not a key in to. Did you mean "asset_type"?
flows.yaml:20:22 flow campaign-masters: "colum.Title" is not a source. Did you mean "column.Title"?
flows.yaml:21:44 flow campaign-masters: there is no table "market". Did you mean "markets"?
flows.yaml:22:5 flow campaign-masters: review is not supported by this version yet."""


def complaints(text: str) -> str:
    with pytest.raises(FlowFileProblem) as raised:
        load(text, "flows.yaml")
    return str(raised.value)


@refuses(
    "time_zone",
    "from.onedrive",
    "from.types",
    "ready.column",
    "to.asset_type",
    "fields.*.from",
    "fields.*.table",
    "source path.<capture>",
)
def test_ten_mistakes_give_ten_problems_at_once_each_with_its_place() -> None:
    assert complaints(TEN_MISTAKES) == TEN_PROBLEMS


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            "name: *_FINAL.*\n",
            (
                "flows.yaml:1:7 A value that begins with * must be quoted (found undefined alias '_FINAL.*'). "
                "Quote this value."
            ),
        ),
        (
            "about: from here: to there\n",
            (
                "flows.yaml:1:17 A value that holds a colon and a space must be quoted, and keys of one level begin in "
                "the same column (mapping values are not allowed here). Quote this value, or correct its indentation."
            ),
        ),
        (
            "flows:\n\t- id: x\n",
            "flows.yaml:2:1 Tabs cannot indent (found character '\\t' that cannot start any token). Use spaces.",
        ),
        (
            "name: @acme\n",
            (
                "flows.yaml:1:7 A value cannot begin with this character (found character '@' that cannot start any "
                "token). Quote this value."
            ),
        ),
        (
            "path: {campaign}/x\n",
            (
                "flows.yaml:1:17 A value that begins with { or [ or a quote, and goes on after it, must be quoted as a "
                "whole (expected <block end>, but found '<scalar>'). Quote this value."
            ),
        ),
        (
            "types: [image, video\n",
            (
                "flows.yaml:2:1 A list in [ ] is not closed, or a value in it must be quoted "
                "(expected ',' or ']', but got '<stream end>'). Close it, or quote the value."
            ),
        ),
        (
            "name: 'Acme\n",
            "flows.yaml:2:1 A quoted value has no closing quote (found unexpected end of stream). Close the quote.",
        ),
        (
            "a: 1\n---\nb: 2\n",
            'flows.yaml:2:1 A flow file is one document (but found another document). Remove the line "---".',
        ),
        (
            'name: "a\\qb"\n',
            (
                "flows.yaml:1:10 A backslash in double quotes starts an escape (found unknown escape character 'q'). "
                "Use single quotes."
            ),
        ),
        (
            "to: {celum: dam\n",
            (
                "flows.yaml:2:1 A block in { } is not closed, or a value in it must be quoted "
                "(expected ',' or '}', but got '<stream end>'). Close it, or quote the value."
            ),
        ),
        (
            "types: [a, b]]\n",
            (
                "flows.yaml:1:14 A list is closed that was not opened, or a value with ] must be quoted "
                "(expected <block end>, but found ']'). Remove it, or quote the value."
            ),
        ),
        (
            "to: {a: b}}\n",
            (
                "flows.yaml:1:11 A block is closed that was not opened, or a value with } must be quoted "
                "(expected <block end>, but found '}'). Remove it, or quote the value."
            ),
        ),
        (
            "flows:\n  - id: x\n   about: y\n",
            (
                "flows.yaml:3:4 This line stands in another column than its neighbours "
                "(expected <block end>, but found '<block mapping start>'). Correct its indentation."
            ),
        ),
        (
            "name: |x\n",
            (
                "flows.yaml:1:8 A value that begins with | or > must be quoted "
                "(expected chomping or indentation indicators, but found 'x'). Quote this value."
            ),
        ),
        (
            "name: & co\n",
            (
                "flows.yaml:1:8 A value that begins with & or * must be quoted "
                "(expected alphabetic or numeric character, but found ' '). Quote this value."
            ),
        ),
        (
            "types: - image\n",
            (
                "flows.yaml:1:8 A value cannot begin with a hyphen or ? and a space "
                "(sequence entries are not allowed here). Quote it, or begin a list in its own line."
            ),
        ),
        (
            "version: 1\nname Acme\nflows: x\n",
            (
                "flows.yaml:3:1 A key has no colon with a space after it (could not find expected ':'). "
                "Write key: value."
            ),
        ),
        (
            "name:Acme\nversion: 1\n",
            'flows.yaml:1:1 "name:Acme" has no space after the colon, so it is no key. Write key: value.',
        ),
        (
            "...\nname: x\n",
            (
                "flows.yaml:1:1 This is not YAML (expected the node content, but found '<document end>'). "
                "Quote this value, or correct its indentation."
            ),
        ),
        ("name: a\x01b\n", "flows.yaml:1:8 The file holds a control character. Remove the character."),
        ("", "flows.yaml:1:1 The file is empty."),
        (
            "- a\n",
            "flows.yaml:1:1 A flow file is a block of keys: version, name, time_zone, connections, flows.",
        ),
    ],
)
def test_what_is_no_yaml_is_said_in_plain_words_with_advice(text: str, complaint: str) -> None:
    assert complaints(text) == complaint


def test_every_kind_of_advice_has_its_test() -> None:
    shown = " ".join(mark.args[1][i][1] for mark in marks_of_syntax() for i in range(len(mark.args[1])))
    assert [what for _, what, _ in ADVICE if what not in shown] == []


def marks_of_syntax() -> list[pytest.Mark]:
    marks: list[pytest.Mark] = getattr(test_what_is_no_yaml_is_said_in_plain_words_with_advice, "pytestmark", [])
    return marks


def test_keys_that_stand_twice_anchors_and_tags_are_refused() -> None:
    text = flow_text(about="one", mode="on").replace("name: Acme", "name: Acme\nname: Other")
    assert 'flows.yaml:3:1 "name" stands twice in this block, first in line 2.' in complaints(text)
    assert complaints(flow_text(about="&x here")) == (
        "flows.yaml:13:12 Anchors and aliases are not used in flow files. Write the value out."
    )
    assert 'The tag "!env" is not used in flow files. Quote this value.' in complaints(flow_text(about="!env X"))


TO = "celum: dam, collection: /C, asset_type: Master"


@refuses(
    "mode",
    "changed_after_ready",
    "fields.*.required",
    "fields.*.table",
    "fields.*.split",
    "fields.*.type",
    "fields.*.locale",
    "fields.*.authority",
    "fields.*.add",
    "fields.*.default",
    "availability.until",
    "columns",
    "accept.max_size",
    "accept.min_pixels",
    "accept.name",
    "ready.unchanged_for",
    "ready.any",
    "ready.not",
    "from.onedrive",
    "from.path",
    "to.collection",
    "to.intake",
    "incomplete",
    "source name.<capture>",
    "source run.status",
    "source asset.url",
)
@pytest.mark.parametrize(
    ("blocks", "complaint"),
    [
        # documented, but not carried yet
        ({"relate": "{type: x}"}, "13:5 flow masters: relate is not supported by this version yet."),
        ({"manifest": "true"}, "13:5 flow masters: manifest is not supported by this version yet."),
        (
            {"from": "{celum: dam, collection: /x}", "to": "{onedrive: marketing, path: /x}"},
            "11:5 flow masters: a deliver flow (from CELUM to OneDrive) is not supported by this version yet.",
        ),
        (
            {"from": "{celum: dam, collections: /x}", "to": "{onedrive: marketing, folder: /x}"},
            "11:5 flow masters: a workspace flow (from CELUM to OneDrive) is not supported by this version yet.",
        ),
        # without effect
        (
            {"changed_after_ready": "accept"},
            "13:5 flow masters: changed_after_ready has no effect, because ready names no value that approves.",
        ),
        (
            {"ready": "[unchanged_for: 1m]", "on_ready_lost": "keep"},
            "14:5 flow masters: on_ready_lost has no effect, because ready names no value that approves.",
        ),
        ({"columns": "{}"}, "13:14 flow masters: columns has no effect, because it names no column."),
        ({"fields": "{}"}, "13:13 flow masters: fields has no effect, because it is empty."),
        ({"on_existing": "{}"}, "13:18 flow masters: on_existing has no effect, because it is empty."),
        ({"limits": "{}"}, "13:13 flow masters: limits has no effect, because it is empty."),
        ({"accept": "{max_size: 0MB}"}, "13:14 flow masters: accept.max_size: nothing is that small."),
        (
            {"columns": "{SyncNote: run.status, sync note: run.id}"},
            ('13:37 flow masters: columns.sync note is the column that "SyncNote" names as well: it cannot hold both.'),
        ),
        (
            {"to": "{celum: dam, collection: /C, asset_type: M, key: Title}", "fields": "{Title: {from: file.stem}}"},
            (
                "12:53 flow masters: to.key keeps the bridge's own key in Title, and fields.Title would write another "
                "value there. Name a field of its own."
            ),
        ),
        (
            {"to": "{celum: dam, collection: /C, asset_type: M, intake: /c}"},
            (
                "12:53 flow masters: to.intake is to.collection itself: assets would be seen before they are complete. "
                "Name a collection that only the bridge sees."
            ),
        ),
        ({"identity": "[link, key]"}, "13:22 flow masters: identity: key has no effect without to.key."),
        (
            {"fields": "{Title: {default: x, required: true}}"},
            "13:34 flow masters: fields.Title.required has no effect, because there is a default.",
        ),
        (
            {"fields": "{Title: {default: x, table: markets}}"},
            "13:34 flow masters: fields.Title.table has no effect without fields.Title.from.",
        ),
        (
            {"fields": "{Until: {from: run.date, type: date, locale: en}}"},
            "13:50 flow masters: fields.Until.locale has no effect on a date.",
        ),
        (
            {"limits": "{first_run: 5}"},
            "13:14 flow masters: limits.first_run has no effect, because start is new.",
        ),
        ({"limits": "{parallel: 5}"}, "13:14 flow masters: limits.parallel can be set at the top only."),
        (
            {"availability": "{until: column.RightsUntil}"},
            "13:5 flow masters: availability needs to.intake: an asset must not be seen before it.",
        ),
        # of the wrong kind
        ({"mode": "off_"}, '13:11 flow masters: mode: "off_" is not one of on, observe, off. Did you mean "off"?'),
        ({"fields": "{Title: column.Title}"}, "13:21 flow masters: fields.Title must be a block of keys."),
        ({"fields": "{Title: {}}"}, "13:21 flow masters: fields.Title needs from, default, or both."),
        (
            {"fields": "{Title: {from: column.Title, authority: nobody}}"},
            '13:53 flow masters: fields.Title.authority: "nobody" is not one of onedrive, celum.',
        ),
        (
            {"fields": "{Until: {from: run.date, add: 7 years}}"},
            '13:43 flow masters: fields.Until.add: "7 years" is not a span such as 30d, 2w, 6mo or 7y.',
        ),
        (
            {"fields": "{Until: {from: run.date, type: date, default: soon}}"},
            '13:59 flow masters: fields.Until.default: "soon" is not a date such as 2026-11-24.',
        ),
        ({"fields": "{SKU: {from: name.sku}}"}, '13:26 flow masters: accept.name has no capture "sku".'),
        ({"fields": "{State: {from: run.status}}"}, '13:28 flow masters: "run.status" is known only in columns.'),
        ({"columns": "{Copy: column.Title}"}, '13:21 flow masters: "column.Title" cannot be used here.'),
        (
            {"columns": "{Copy: run.stat}"},
            '13:21 flow masters: "run.stat" is not a source. Did you mean "run.status"?',
        ),
        ({"fields": "{Url: {from: asset.url}}"}, '13:26 flow masters: "asset.url" cannot be used here.'),
        (
            {"accept": "{max_size: huge}"},
            '13:24 flow masters: accept.max_size: "huge" is not a size such as 500KB, 20MB or 2GB.',
        ),
        ({"accept": "{min_pixels: 0}"}, '13:26 flow masters: accept.min_pixels: "0" is not a whole number above 0.'),
        (
            {"accept": "{name: 'a/b'}"},
            '13:20 flow masters: accept.name: "a/b" is matched against the name alone, so it cannot hold /.',
        ),
        ({"ready": "[unchanged_for: 1m, unchanged_for: 2m]"}, "13:32 flow masters: ready.unchanged_for stands twice."),
        ({"ready": "[any: [name: a]]"}, "13:18 flow masters: ready.any needs a list of at least two conditions."),
        ({"ready": "[not: {unchanged_for: 1m}]"}, "13:18 flow masters: ready.not cannot hold unchanged_for."),
        (
            {"from": "{onedrive: dam, path: '/{campaign}'}"},
            '11:22 flow masters: the connection "dam" is none to OneDrive.',
        ),
        ({"from": "{onedrive: marketing}"}, "11:11 flow masters: from.path is missing."),
        (
            {"from": "{onedrive: marketing, path: x}"},
            '11:39 flow masters: from.path: "x" must begin with / (the library\'s root).',
        ),
        (
            {"to": "{celum: dam, collection: 'x/{column.Y}', asset_type: M}"},
            '12:34 flow masters: to.collection: "x/{column.Y}" must begin with / and have no empty segment, . or "..".',
        ),
        (
            {"to": "{celum: dam, collection: '/x/{column.Y', asset_type: M}"},
            '12:34 flow masters: to.collection: "/x/{column.Y" has a brace without its partner.',
        ),
        (
            {"to": f"{{{TO}, intake: '/in/{{campaign}}'}}"},
            "12:66 flow masters: to.intake is one collection for all files, so it takes no values.",
        ),
        ({"incomplete": "skip"}, '13:17 flow masters: incomplete: "skip" is not one of hold.'),
        ({"title": "x"}, '13:5 flow masters: "title" is not a key.'),
    ],
)
def test_each_mistake_is_one_problem_at_its_place(blocks: dict[str, str], complaint: str) -> None:
    assert complaints(flow_text(**blocks)) == f"flows.yaml:{complaint}"


@refuses(
    "version",
    "name",
    "connections",
    "connections.*.celum",
    "connections.*.onedrive.site",
    "connections.*.onedrive.library",
    "connections.*.onedrive.drive_id",
    "id",
)
@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('version: "1"', 'version: "2"', '1:10 version: "2" is not one of 1.'),
        ("name: Acme\n", "", "1:1 name is missing."),
        ("name: Acme\n", "name:\n", "2:1 name must be one value."),
        ("name: Acme\n", "name: Acme\napproval: {field: x}\n", "3:1 approval is not supported by this version yet."),
        (
            "{celum: {}}",
            "{celum: {}, private: true}",
            "6:20 connections.dam.private is not supported by this version yet.",
        ),
        ("{celum: {}}", "{celum: {url: x}}", '6:17 "url" is not a key in connections.dam.celum.'),
        ("{celum: {}}", "{celumm: {}}", '6:9 "celumm" is not a key in connections.dam. Did you mean "celum"?'),
        (", library: Documents", "", "5:25 connections.marketing.onedrive needs site and library, or drive_id."),
        (
            "library: Documents",
            "library: Documents, drive_id: x",
            "5:25 connections.marketing.onedrive: drive_id already names the library; remove site and library.",
        ),
        (
            '"acme.sharepoint.com:/sites/marketing"',
            "https://acme.sharepoint.com/sites/marketing",
            (
                '5:25 connections.marketing.onedrive.site: "https://acme.sharepoint.com/sites/marketing" is not like '
                '"acme.sharepoint.com:/sites/marketing".'
            ),
        ),
        (
            "- id: masters",
            "- id: Masters!",
            '10:9 flow Masters!: the id "Masters!" must be made of lower-case letters, digits and hyphens.',
        ),
        (
            "name: Acme\n",
            "name: Acme\nlimits: {keep_deliveries: 7y}\n",
            "3:10 limits.keep_deliveries is not supported by this version yet.",
        ),
    ],
)
def test_the_head_of_the_file_is_checked_as_strictly(old: str, new: str, complaint: str) -> None:
    assert complaints(flow_text().replace(old, new)) == f"flows.yaml:{complaint}"


@refuses("columns")
@pytest.mark.parametrize(
    ("blocks", "column", "read"),
    [
        ({"ready": APPROVED}, "ApprovalStatus", "ApprovalStatus"),
        ({"ready": APPROVED}, "approval status", "ApprovalStatus"),
        ({"fields": "{Title: {from: column.Usage rights}}"}, "Usage_x0020_Rights", "Usage rights"),
        ({"ready": "[any: [name: x, not: {column: {Sync: x}}]]"}, "Sync", "Sync"),
    ],
)
def test_a_column_that_the_flow_reads_is_not_written(blocks: dict[str, str], column: str, read: str) -> None:
    assert complaints(flow_text(**blocks, columns=f"{{Status: run.reason, {column}: run.status}}")) == (
        f'flows.yaml:14:35 flow masters: columns.{column}: the flow also reads "{read}", and would read what it wrote. '
        "Write to a column of its own."
    )


@refuses("columns", "source asset.url")
def test_asset_url_is_refused_where_the_app_has_no_setting_for_it() -> None:
    text = flow_text(columns="{CelumAsset: asset.url}")
    with pytest.raises(FlowFileProblem, match="CELUM_ASSET_URL, which is not set"):
        load(text, "flows.yaml", settings={"CELUM_ASSET_URL": ""})
    assert load(text, "flows.yaml", settings={"CELUM_ASSET_URL": "https://dam.acme.example/{id}"}).flows
    assert load(text, "flows.yaml").flows  # nothing is known of an app


@refuses("ready", "identity", "from.ignore", "fields.*.from", "to.name", "about", "changed_after_ready")
@pytest.mark.parametrize(
    ("blocks", "complaint"),
    [
        ({"accept": "{}"}, "13:13 flow masters: accept has no effect, because it names no check."),
        (
            {"ready": "[]"},
            "13:12 flow masters: ready is empty. Leave it out, or name a condition such as unchanged_for: 2m.",
        ),
        ({"identity": "[]"}, "13:15 flow masters: identity is empty. Leave it out, or name a way such as link."),
        (
            {"from_": "{onedrive: marketing, path: '/{campaign}/**', ignore: ['*.bak', '*']}"},
            '11:75 flow masters: from.ignore: "*" ignores every file.',
        ),
        (
            {"fields": "{Title: {from: [column.A, file.stem, column.A]}}"},
            '13:50 flow masters: fields.Title.from: "column.A" stands twice.',
        ),
        (
            {"to": "{celum: dam, collection: /C, asset_type: Master, name: [file.stem, file.stem]}"},
            '12:76 flow masters: to.name: "file.stem" stands twice.',
        ),
        ({"about": "!!int text"}, '13:12 The tag "!!int" is not used in flow files. Quote this value.'),
        ({"about": "!!foo text"}, '13:12 The tag "!!foo" is not used in flow files. Quote this value.'),
        ({"about": "! text"}, '13:12 The tag "!" is not used in flow files. Quote this value.'),
        (
            {"ready": "[checked_in: true]", "changed_after_ready": "hold"},
            (
                "14:5 flow masters: changed_after_ready has no effect, because SharePoint itself takes back "
                "what ready asks for, with every edit."
            ),
        ),
    ],
)
def test_what_would_silently_have_no_effect_is_refused(blocks: dict[str, str], complaint: str) -> None:
    with pytest.raises(FlowFileProblem) as raised:
        load(flow_text(**blocks), "flows.yaml")
    assert str(raised.value) == f"flows.yaml:{complaint}"


@refuses("accept.name", "source path.<capture>")
def test_a_wrong_pattern_of_names_hides_no_wrong_capture_of_the_path() -> None:
    text = flow_text(
        accept="{name: '{sku'}",
        to="{celum: dam, collection: '/C/{campain}', asset_type: Master}",
        fields="{Title: {from: path.campain}, SKU: {from: name.sku}}",
    )
    assert [line.split(" ", 1)[0] for line in complaints(text).splitlines()] == [
        "flows.yaml:12:34",
        "flows.yaml:13:20",
        "flows.yaml:14:28",
    ]


@refuses(
    "ready.folder.path",
    "ready.folder.column",
    "ready.collection.field",
    "ready.checked_in",
    "ready.content_approval",
    "changed_after_ready.reset",
    "after.move_to",
    "to.collection_type",
    "source embedded.<property>",
)
@pytest.mark.parametrize(
    ("blocks", "complaint"),
    [
        (
            {"ready": "[any: [folder: {path: /x, column: {A: b}}, name: c]]"},
            "13:19 flow masters: ready.any cannot hold folder.",
        ),
        (
            {"ready": "[folder: {path: '/{campain}', column: {A: b}}]"},
            '13:22 flow masters: ready.folder.path: from.path has no capture "campain". Did you mean "campaign"?',
        ),
        (
            {"ready": "[folder: {path: '/{column.A}', column: {A: b}}]"},
            "13:22 flow masters: ready.folder.path takes captures of from.path only.",
        ),
        (
            {"ready": "[folder: {path: x, column: {A: b}}]"},
            '13:22 flow masters: ready.folder.path: "x" must begin with /.',
        ),
        ({"ready": "[folder: {path: /x}]"}, "13:21 flow masters: ready.folder.column is missing."),
        ({"ready": "[folder: {path: /x, column: {}}]"}, "13:40 flow masters: ready.folder.column is empty."),
        (
            {"ready": "[collection: {path: /x, column: {A: b}}]"},
            (
                "13:25 flow masters: ready.collection.field is missing.\nflows.yaml:13:36 flow masters: "
                '"column" is not a key in ready.collection.'
            ),
        ),
        ({"ready": "[checked_in: false]"}, '13:25 flow masters: ready.checked_in: "false" is not one of true.'),
        ({"ready": "[content_approval: []]"}, "13:31 flow masters: ready.content_approval is empty."),
        (
            {
                "ready": "[any: [column: {ApprovalStatus: Approved}, column: {UsageRights: ok}]]",
                "changed_after_ready": "{reset: {ApprovalStatus: Draft}}",
            },
            (
                "14:5 flow masters: changed_after_ready.reset takes nothing back, because ready may hold all the same. "
                "Name every column that can approve by itself."
            ),
        ),
        (
            {
                "ready": "[not: {column: {ApprovalStatus: Draft}}]",
                "changed_after_ready": "{reset: {ApprovalStatus: Nope}}",
            },
            (
                "14:5 flow masters: changed_after_ready.reset.ApprovalStatus takes nothing back, "
                'because "Nope" approves.'
            ),
        ),
        (
            {"ready": APPROVED, "changed_after_ready": "{reset: {Status: Draft}}"},
            (
                "14:5 flow masters: changed_after_ready.reset.Status takes nothing back, "
                "because it is none of the approving columns."
            ),
        ),
        (
            {"ready": APPROVED, "changed_after_ready": "{reset: {ApprovalStatus: Approved}}"},
            (
                "14:5 flow masters: changed_after_ready.reset.ApprovalStatus takes nothing back, "
                'because "Approved" approves.'
            ),
        ),
        (
            {"ready": APPROVED, "changed_after_ready": "{reset: {}}"},
            "14:27 flow masters: changed_after_ready.reset names no column.",
        ),
        (
            {"ready": APPROVED, "changed_after_ready": "{rest: {A: b}}"},
            '14:27 flow masters: "rest" is not a key in changed_after_ready. Did you mean "reset"?',
        ),
        (
            {"after": "{move_to: 'Done/{campaign}'}"},
            (
                '13:13 flow masters: after.move_to: "Done/{campaign}" must begin with / and have no empty segment, '
                '. or "..".'
            ),
        ),
        (
            {"after": "{move_to: '/A/{run.date}/a:b'}"},
            (
                '13:13 flow masters: after.move_to: "/A/{run.date}/a:b" is no path in OneDrive: '
                "OneDrive takes no : in names."
            ),
        ),
        (
            {"after": "{move_to: '/A/con'}"},
            (
                '13:13 flow masters: after.move_to: "/A/con" is no path in OneDrive: '
                'OneDrive keeps the name "con" to itself.'
            ),
        ),
        (
            {"after": "{move_to: '/{path.folder}/x'}"},
            "13:13 flow masters: after.move_to: path.folder holds a whole path, and each value is one segment.",
        ),
        (
            {"after": "{move_to: '/{colum.A}'}"},
            '13:13 flow masters: after.move_to: "colum.A" is not a source. Did you mean "column.A"?',
        ),
        (
            {"ready": APPROVED, "changed_after_ready": "{}"},
            "14:26 flow masters: changed_after_ready.reset names no column.",
        ),
        ({"after": "{}"}, "13:12 flow masters: after needs move_to."),
        ({"after": "{moveto: /x}"}, '13:13 flow masters: "moveto" is not a key in after. Did you mean "move_to"?'),
        (
            {"identity": "[{SKU: fle.stem}]"},
            '13:22 flow masters: "fle.stem" is not a source. Did you mean "file.stem"?',
        ),
        ({"identity": "[{SKU: column.A}, {SKU: column.A}]"}, "13:33 flow masters: identity: SKU stands twice."),
        ({"identity": "[{}]"}, "13:16 flow masters: identity: an empty block names no field."),
        (
            {"to": f"{{{TO}, collection_type: Campaign}}"},
            "12:58 flow masters: to.collection_type has no effect without to.create_collections: true.",
        ),
        (
            {"fields": "{Title: {from: embedded.titel}}"},
            '13:28 flow masters: "embedded.titel" is not a source. Did you mean "embedded.title"?',
        ),
        ({"columns": "{A: embedded.title}"}, '13:18 flow masters: "embedded.title" cannot be used here.'),
        ({"limits": "{first_run: 5}"}, "13:14 flow masters: limits.first_run has no effect, because start is new."),
    ],
)
def test_mistakes_in_what_becomes_of_a_file_are_found_too(blocks: dict[str, str], complaint: str) -> None:
    with pytest.raises(FlowFileProblem) as raised:
        load(flow_text(**blocks), "flows.yaml")
    assert str(raised.value) == f"flows.yaml:{complaint}"


@refuses("flows", "id")
def test_two_flows_with_one_id_are_refused() -> None:
    twice = flow_text() + flow_text().split("flows:\n")[1]
    assert complaints(twice) == "flows.yaml:13:9 flow masters: another flow in line 10 has the same id."


def test_an_override_of_a_connection_that_is_not_there_is_a_problem() -> None:
    with pytest.raises(FlowFileProblem) as raised:
        load(flow_text(), "flows.yaml", overrides={"marketin": {"drive_id": "b!1"}})
    assert str(raised.value) == (
        'flows.yaml:4:1 The app settings override the OneDrive connection "marketin", which is not declared. '
        'Did you mean "marketing"?'
    )


def two_flows(first: str, second: str, fields: str = "{Title: {from: column.Title}}") -> str:
    """Two flows of one library, told apart by `from` alone."""
    head, one = flow_text(from_=first, fields="{Title: {from: column.Title}}", to=f"{{{TO}}}").split("flows:\n")
    other = flow_text(from_=second, fields=fields, to=f"{{{TO}}}").split("flows:\n")[1].replace("masters", "others")
    return f"{head}flows:\n{one}{other}"


@refuses("fields")
@pytest.mark.parametrize(
    ("first", "second", "may_meet"),
    [
        ("path: /A/**", "path: /A/**", True),
        ("path: /A/**", "path: /a/B/*.jpg", True),
        ("path: /A/**", "path: /B/**", False),
        ("path: /A/*", "path: /A/*/*", False),
        ("path: '/A/{x}/Final/**'", "path: '/A/Spring/{y}/*'", True),
        ("path: /**/Final/*", "path: /A/Draft/**", True),
        ("path: /**/Final/*", "path: /A/Draft/*", False),
        ("path: /A/x*", "path: /A/y*", False),
        ("path: /A/*.jpg", "path: /A/*.png", False),
        ("path: /A/x*", "path: /A/*.png", True),
        ("path: /A/**, types: [image]", "path: /A/**, types: [document]", False),
        ("path: /A/**, types: [image]", "path: /A/**, types: [.psd]", True),
        ("path: /A/**, types: [.psd]", "path: /A/**, types: [document, .jpg]", False),
        ("path: /A/**, types: [image]", "path: /A/**", True),
    ],
)
def test_two_flows_that_may_select_one_file_write_no_field_both(first: str, second: str, may_meet: bool) -> None:
    text = two_flows(f"{{onedrive: marketing, {first}}}", f"{{onedrive: marketing, {second}}}")
    if may_meet:
        assert complaints(text) == (
            "flows.yaml:17:14 flow others: fields.Title is written by flow masters too, which may select the same "
            "files. Write it in one of them."
        )
    else:
        assert len(load(text, "flows.yaml").flows) == 2


def test_flows_on_one_file_may_write_different_fields_and_one_that_is_off_writes_none() -> None:
    same = "{onedrive: marketing, path: /A/**}"
    assert len(load(two_flows(same, same, "{Other: {from: column.Title}}"), "flows.yaml").flows) == 2
    switched_off = two_flows(same, same).replace("- id: others", "- id: others\n    mode: off")
    assert len(load(switched_off, "flows.yaml").flows) == 2


@refuses("columns")
def test_two_flows_that_may_select_one_file_write_no_column_both() -> None:
    same = "{onedrive: marketing, path: /A/**}"
    text = two_flows(same, same, "{Other: {from: column.Title}}").replace(
        "- id: others", "- id: others\n    columns: {syncstatus: run.reason, Other: run.date}"
    )
    written = text.replace("- id: masters", "- id: masters\n    columns: {SyncStatus: run.status}")
    assert complaints(written) == (
        "flows.yaml:16:15 flow others: columns.syncstatus is written by flow masters too, which may select the same "
        "files. Write it in one of them."
    )
    assert len(load(text, "flows.yaml").flows) == 2
    assert len(load(written.replace("- id: others", "- id: others\n    mode: off"), "flows.yaml").flows) == 2
    elsewhere = written.replace("path: /A/**}", "path: /B/**}", 1)
    assert len(load(elsewhere, "flows.yaml").flows) == 2


@refuses("after")
@pytest.mark.parametrize("second", ["delete", "{move_to: /Other}"])
def test_two_flows_that_may_select_one_file_do_not_both_put_it_away(second: str) -> None:
    same = "{onedrive: marketing, path: /A/**}"
    text = two_flows(same, same, "{Other: {from: column.Title}}")
    both = text.replace("- id: masters", "- id: masters\n    after: {move_to: /Done}").replace(
        "- id: others", f"- id: others\n    after: {second}"
    )
    with pytest.raises(FlowFileProblem) as raised:
        load(both, "flows.yaml")
    assert str(raised.value) == (
        "flows.yaml:16:5 flow others: after: flow masters puts the file away too, and both may select the same files. "
        "Let one of them do it, and write after: keep in the other."
    )
    elsewhere = both.replace("path: /A/**}", "path: /B/**}", 1)
    kept = both.replace(f"after: {second}", "after: keep")
    switched_off = both.replace("- id: others", "- id: others\n    mode: off")
    for fine in (elsewhere, kept, switched_off):
        assert len(load(fine, "flows.yaml").flows) == 2


@refuses("availability.from", "availability.until")
@pytest.mark.parametrize("first", ["on_ready_lost", "on_source_deleted"])
@pytest.mark.parametrize("second", ["on_ready_lost", "on_source_deleted"])
def test_two_flows_that_may_select_one_file_do_not_both_say_whether_its_asset_may_be_used(
    first: str, second: str
) -> None:
    same, gate = "{onedrive: marketing, path: /A/**}", "ready: [{column: {Status: Approved}}]"
    text = two_flows(same, same, "{Other: {from: column.Title}}")
    text = text.replace("- id: masters", f"- id: masters\n    {gate}\n    {first}: unavailable")
    both = text.replace("- id: others", f"- id: others\n    {second}: unavailable\n    {gate}")
    with pytest.raises(FlowFileProblem) as raised:
        load(both, "flows.yaml")
    assert f"others: {second}: flow masters says too whether an asset may be used" in str(raised.value)
    elsewhere = both.replace("path: /A/**}", "path: /B/**}", 1)
    kept = both.replace(f"- id: others\n    {second}: unavailable", f"- id: others\n    {second}: keep")
    switched_off = both.replace("- id: others", "- id: others\n    mode: off")
    for fine in (elsewhere, kept, switched_off):
        assert len(load(fine, "flows.yaml").flows) == 2


@refuses("availability.from", "availability.until")
def test_two_flows_that_may_select_one_file_do_not_both_write_its_dates() -> None:
    same = "{onedrive: marketing, path: /A/**}"
    dates = "\n    availability: {until: column.Until}"
    text = two_flows(same, same, "{Other: {from: column.Title}}").replace(
        "collection: /C", "collection: /C, intake: /I"
    )
    both = text.replace("- id: masters", f"- id: masters{dates}").replace("- id: others", f"- id: others{dates}")
    with pytest.raises(FlowFileProblem) as raised:
        load(both, "flows.yaml")
    assert "others: availability: flow masters says too whether an asset may be used" in str(raised.value)
    assert len(load(text.replace("- id: others", f"- id: others{dates}"), "flows.yaml").flows) == 2


def test_two_connections_may_name_one_library() -> None:
    text = two_flows("{onedrive: marketing, path: /A/**}", "{onedrive: twin, path: /A/**}")
    twin = 'connections:\n  twin: {onedrive: {site: "acme.sharepoint.com:/Sites/Marketing", library: documents}}'
    assert "fields.Title is written by flow masters too" in complaints(text.replace("connections:", twin))
    another = text.replace("connections:", twin.replace("documents", "Images"))
    assert len(load(another, "flows.yaml").flows) == 2
