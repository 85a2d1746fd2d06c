"""What SharePoint makes of a file by itself: properties written into PDF and HTML files are no edit of a person.

Office packages need none of this: their signature leaves out what SharePoint rewrites.
"""

from __future__ import annotations

import dataclasses
from datetime import datetime

from shared.domain.facts import Facts
from shared.domain.items import Item
from shared.domain.links import Link
from shared.engine.context import Context
from shared.engine.facts import plain_signature
from shared.errors import ContentProblem, Forbidden

REWRITTEN = (".pdf", ".html", ".htm")
REWRITES = 2  # of one delivered content; more is no afterthought of a server any more


class RewrittenTooOften(ContentProblem):
    def __init__(self) -> None:
        super().__init__(
            f"SharePoint changed this file more than {REWRITES} times by itself: compare it with its asset in CELUM"
        )


async def server_version(context: Context, facts: Facts, link: Link | None) -> Link | None:
    """The link with the present content as the server's version of what settled, where that is what it is."""
    item, settled = facts.item, link.settled if link else None
    if link is None or settled is None or item.content is None or not item.name.lower().endswith(REWRITTEN):
        return link
    if item.content.quick_xor in {None, settled.content.quick_xor} or not await _by_nobody(context, item, settled.read):
        return link
    if settled.rewrites >= REWRITES:
        raise RewrittenTooOften
    rewritten = dataclasses.replace(
        settled,
        content=item.content,
        signature=plain_signature(item.content),
        ctag=item.ctag,
        rewrites=settled.rewrites + 1,
    )
    return dataclasses.replace(link, settled=rewritten, content=item.content)


async def _by_nobody(context: Context, item: Item, since: datetime | None) -> bool:
    """No person's version after the one that was read. The last author alone could be our own column write."""
    if item.modified_by is None or not item.modified_by.is_application or since is None:
        return False
    try:
        versions = await context.onedrive.versions(item.drive, item.id)
    except Forbidden:
        return False
    later = [version for version in versions if version.modified > since]
    return all(version.modified_by is not None and version.modified_by.is_application for version in later)
