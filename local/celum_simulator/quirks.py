"""Every point where the documentation is silent, as a switch; the default is the likely reading.

The names are those of the reference's section on unknowns.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from local.celum_simulator.refusals import Json, bad_argument


@dataclass(slots=True)
class Quirks:
    # What a missing or forbidden thing looks like
    missing_id_status: Literal[400, 403, 404] = 400
    permission_status: int = 403
    locked_status: int = 403
    lock_exempts_owner: bool = True
    lock_ttl: float | None = None  # seconds until a lock is gone by itself
    hide_expired: bool = True  # from users without viewExpiredAssets
    impersonation: Literal["allowed", "forbidden"] = "allowed"
    licensed: bool = True
    enabled: bool = True
    release_version: str = "simulator"

    # Upload
    upload_auth: Literal["required", "ignored", "forbidden"] = "required"
    upload_host: Literal["same", "other"] = "same"
    upload_put: Literal["405", "accept"] = "405"
    upload_chunked: Literal["refuse", "accept"] = "refuse"
    upload_status: int = 200
    upload_body: str = ""
    upload_keeps: int | None = None  # so many bytes of each upload are kept, and the rest is lost without a word
    size_check: Literal["upload", "create", "none"] = "upload"
    max_upload: int | None = None
    handle_ttl: float = 3600
    handle_single_use: bool = True
    reject_duplicates: Literal[400, 409] | None = None

    # Assets and versions
    checksum: Literal["md5", "sha1", "sha256", "none"] = "sha1"
    add_version_activates: bool = True
    version_ids: Literal["number", "global"] = "number"  # the events call the id a "version number"
    inherit_fields: bool = False  # values of a collection show on its assets
    required_missing: Literal["unreleased", "refuse"] = "unreleased"
    patch_atomic: bool = True
    soft_delete: bool = False  # a deleted asset can still be read by its id
    preview_delay: float = 2
    preview_result: Literal["SUCCEEDED", "FAILED"] = "SUCCEEDED"
    to_inclusive: Literal["instant", "day"] = "instant"
    date_style: Literal["iso_ms", "iso", "offset", "epoch_ms"] = "iso_ms"
    availability_json: str = ""  # what answers show in place of an asset's own availability
    bump_on: tuple[str, ...] = ("name", "typeId", "versions", "availability", "parentIds", "fields")
    reference_keys: tuple[str, ...] | None = None  # external references take only these keys; None: any
    max_reference_names: int = 100  # rest.informationFields.maxReferenceNames

    # Lists and searches
    single_get_includes: Literal["nothing", "fields"] = "nothing"  # without being asked
    default_page_size: int = 20
    max_page_size: int = 200
    oversize_page: Literal["cap", "refuse"] = "cap"
    deep_page_limit: int | None = None
    max_filter_values: int | None = None
    range_ends: Literal["inclusive", "exclusive"] = "inclusive"  # of date filters
    shifting_pages: Literal["none", "repeat", "skip"] = "none"  # during the next listing of several pages
    index_lag: float = 0  # seconds until a write shows in lists and searches
    empty_content: Literal["list", "absent"] = "list"
    default_search_type: Literal["phrase", "terms", "termsStartingWith", "termsEndingWith"] = "phrase"

    # Collections
    unique_names: bool = False
    cascade: bool = False  # deleting a collection takes its children; else it is refused while it has any

    # Download
    download_auth: Literal["required", "ignored", "forbidden"] = "ignored"
    download_host: Literal["same", "other"] = "same"
    download_ttl: float = 1800
    download_expired_status: Literal[401, 403, 404, 410] = 403
    download_body: Literal["file", "html", "json", "short"] = "file"
    range: bool = True
    range_fault: Literal["none", "wrong_start", "wrong_total", "refused"] = "none"  # of an answer to a Range
    failing_formats: tuple[str, ...] = ()  # keys of formats into which nothing can be converted
    unsupported_formats: tuple[str, ...] = ()  # "AUDIO:thmb": not offered for assets of this file category
    interceptor_required: bool = False
    job_delay: float = 1
    job_forget: float = 86400
    job_outcome: Literal["FINISHED", "FAILED", "never", "no_download"] = "FINISHED"

    # Traffic
    throttle: Literal[429, 503] = 503
    throttle_next: int = 0  # so many requests are refused
    rate_limit: int | None = None  # requests a minute; more are refused until the minute is over
    retry_after: str = ""  # header value, seconds or an HTTP date; empty: no header
    unknown_members: Literal["refuse", "ignore"] = "refuse"  # in request bodies
    extra_members: bool = False  # answers carry members that nobody has documented

    # Events
    events_url: str = ""
    events_for_own_writes: bool = True
    events_delivery: Literal["once", "twice", "never"] = "once"
    updated_fields: tuple[str, ...] | None = None  # what the updates call changed; None: the names of what did
    entity_bytes: int = 0  # by so much the entity of an event is larger than it need be
    events_held: bool = False  # until they are released, in any order
    events_secret: str = ""
    events_secret_header: str = "X-Celum-Secret"  # nothing is documented: a name of this simulator

    def json(self) -> Json:
        return {f.name: getattr(self, f.name) for f in fields(self)}

    def change(self, members: Json) -> None:
        """Set the named switches; an unknown name or value is refused, so that a test cannot misspell one."""
        known = {f.name for f in fields(self)}
        for name in members:
            if name not in known:
                raise bad_argument(name, "no such switch")
        try:
            wanted = _CHECK.validate_python({**self.json(), **members})
        except ValidationError as problem:
            first = problem.errors(include_url=False, include_input=False)[0]
            raise bad_argument(str(first["loc"][0]), first["msg"]) from None
        for name in members:
            setattr(self, name, getattr(wanted, name))


_CHECK = TypeAdapter(Quirks)
