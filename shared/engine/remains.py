"""What a transfer leaves behind in its link when it closes, whether it settled or not. Pure."""

from __future__ import annotations

from dataclasses import replace

from shared.domain.decisions import Verb
from shared.domain.links import Hashed, Link
from shared.domain.transfers import Transfer

ADDED = 5  # versions remembered: a transfer that adds one and does not settle is rare, and seldom twice in a row


def remains(link: Link, transfer: Transfer) -> Link:
    """A version that it added still is ours; bytes that it read need not be sent to be asked for.

    A file that it has not put away was promised to go: if it goes now, it is not by our doing.
    """
    if transfer.verb is Verb.FINISH:
        return replace(link, finished=None)
    if transfer.content is not None and transfer.hashes:
        link = replace(link, hashed=Hashed(transfer.content, transfer.hashes))
    version, settled = transfer.version, link.settled
    if version is None or transfer.linked or (settled is not None and settled.version == version):
        return link
    return replace(link, added=(*link.added[1 - ADDED :], version))
