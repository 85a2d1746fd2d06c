"""Every oddity of the real service as one switch. The defaults are what its documentation promises."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Literal


@dataclass(slots=True)
class Quirks:
    # authentication
    revoked_tokens: tuple[str, ...] = ()  # these bearer tokens get 401; "*" revokes all

    # errors
    missing_says: str = ""  # the message beside itemNotFound, where it is another one

    # delta
    delta_page_size: int = 200
    delta_page_at_most: int = 0  # fewer than asked for; 0: as many as asked for
    delta_repeats_unchanged: bool = False  # one item that did not change comes along (Q10)
    delta_empty_page: bool = False  # every run starts with an empty page that has a nextLink
    delta_deleted_look_alive: bool = False  # what is deleted comes without its facet; who asks for it gets 404
    delta_duplicates: bool = False  # the last item of a page opens the next one again
    delta_missing_tombstones: bool = False  # deletes are not reported (Q10)
    delta_omits_deleted_descendants: bool = False  # only the deleted folder itself is reported
    delta_gone_without_location: bool = False  # a 410 that does not say where to start again
    delta_repeats_next_link: bool = False  # the same nextLink and page for ever
    delta_endless: Literal["", "empty", "same"] = ""  # pages for ever, each with a link of its own
    delta_expires_again: int = 0  # so many links are answered with 410, each with another Location
    delta_with_ctag: bool = False  # OneDrive for Business leaves it out
    delta_with_path: bool = False  # parentReference.path is left out
    delta_tombstones_keep_name: bool = False
    delta_expands_fields: bool = False  # $expand=listItem($expand=fields) is refused in delta

    # subscriptions
    subscription_create_status: int = 0  # for example 403 for Sites.Selected
    subscription_quota: int = 100  # per drive
    subscription_minutes: int = 42_300  # the longest life; one document says 4,230 (open question 2)
    renewal_validates: bool = False  # PATCH shakes hands again; the documentation leaves it open
    subscriptions_hide_state: bool = False  # clientState is left out of what is shown
    validation_seconds: float = 10
    notification_coalesce_seconds: float = 0.02
    notifications_lost: bool = False
    notifications_doubled: bool = False
    notifications_reordered: bool = False  # each one overtakes the one before
    notifications_delay_seconds: float = 0
    endpoint_seconds: float = 0  # so much longer than it does an address seems to take for its answer
    notifications_batched: bool = False  # all subscriptions of one address in one POST, with an unknown one

    # download
    download_url_seconds: int = 3600
    range_ignored: bool = False
    range_wrong: Literal["", "start", "total"] = ""  # what Content-Range says falsely, by one
    hash_missing: bool = False  # items come without hashes for a while
    wrong_size_for: tuple[str, ...] = ()  # files that end so (".heic") are announced with another size than they have …
    wrong_size_by: int = 1000  # … by so much
    wrong_hash_too: bool = False  # … and the hash of something else

    # upload
    ranges: Literal["plain", "several", "pascal", "empty", "missing"] = "plain"  # how nextExpectedRanges is written
    ranges_with_end: bool = False  # nextExpectedRanges as "26-1000" instead of "26-"
    session_seconds: int = 900
    session_hard_seconds: int = 86400  # tempauth in the URL ends
    session_checks_name_early: bool = True  # a clash is refused when the session is created, not only at its end
    session_not_found_at_first: int = 0  # so many first requests to new upload URLs answer 404
    session_answers_without_body: bool = False  # 201 and nothing else
    session_stores_nothing: bool = False  # success, and a file of 0 bytes (Q18)
    session_forgets: int = 0  # so many fragments are answered with 202 and not kept
    upload_refusal: str = ""  # "403 malwareDetected": status and code for every finished file
    session_commit_by_source_url: bool = False  # the documents contradict each other
    if_match_always_fails: bool = False  # 412 in spite of the right eTag (odapi#1716)
    replace_not_found: int = 0  # so many replacing uploads answer itemNotFound (Q17)
    column_validation_fails: bool = False  # uploads answer 500 (Q13)
    date_default_fails: bool = False  # createUploadSession answers 400 (Q14)

    # items
    publication_missing: bool = False  # a library whose files cannot be checked out (Q5)
    moves_across_drives: bool = False  # a move to another drive is taken, and gives another id

    # grants
    unknown_people: tuple[str, ...] = ()  # addresses that the directory does not know; "*": all but those it was told
    unknown_people_refuse_all: bool = False  # 400 for the whole call instead of an error beside each of them
    invite_forbidden: bool = False  # 403 as Sites.Selected may have it

    # SharePoint
    rewrites_office: bool = True  # .docx .pptx .xlsx change after upload (Q8)
    rewrites_pdf_and_html: bool = False
    rewrites_after_column_write: bool = False
    rewrite_after_seconds: float = 0
    rewrite_by: Literal["same", "application", "SharePoint App"] = "same"
    rewrite_makes_version: bool = False
    etag_changes_later: Literal["never", "rewritten", "always"] = "rewritten"
    version_limit: int = 500
    list_versions_forbidden: bool = False  # 403 as Sites.Selected may have it
    current_version_content_refused: bool = False
    modified_time_makes_version: bool = True  # Q9
    ctag_changes_on_rename: bool = False  # Q11
    ctag_kept_on_restore: bool = False  # Q11
    share_links_per_hour: int = 0  # 0: no limit

    # throttling
    throttle: bool = False
    units_per_minute: int = 1250
    retry_after_seconds: int = 10
    throttle_status: int = 429

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def update(self, changes: dict[str, Any]) -> None:
        """Set fields by name; ValueError names what is unknown or of another type."""
        known = {f.name for f in fields(self)}
        for name, value in changes.items():
            if name not in known:
                raise ValueError(f"there is no quirk {name!r}; known are: {', '.join(sorted(known))}")
            now = getattr(self, name)
            if isinstance(now, tuple):
                setattr(self, name, tuple(value))
            elif isinstance(now, bool) != isinstance(value, bool) or isinstance(now, str) != isinstance(value, str):
                raise ValueError(f"quirk {name!r} is {now!r} and cannot become {value!r}")
            else:
                setattr(self, name, value)
