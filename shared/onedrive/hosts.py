"""Which hosts may be talked to. A URL out of an answer is a stranger until it has been looked at here."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from shared.errors import HostNotAllowed

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port


def check_origin(url: str, base_url: str) -> None:
    """A link out of a Graph answer may only lead back to the very server it came from."""
    try:
        same = origin(url) == origin(base_url) and "@" not in urlsplit(url).netloc
    except ValueError:
        same = False
    if not same:
        raise HostNotAllowed(_host(url), "GRAPH_URL")


def check_content_host(url: str, suffixes: tuple[str, ...], *, local: bool) -> None:
    """Content comes by https from the hosts on the list; `local`: also from loopback, by http (the simulator)."""
    try:
        parts = urlsplit(url)
        allowed = _allowed(parts, suffixes, local=local)
    except ValueError:
        allowed = False
    if not allowed:
        raise HostNotAllowed(_host(url), "ONEDRIVE_CONTENT_HOSTS")


def _allowed(parts: SplitResult, suffixes: tuple[str, ...], *, local: bool) -> bool:
    host = (parts.hostname or "").casefold()
    if not host or "@" in parts.netloc:
        return False
    if host in LOOPBACK:
        return local and parts.scheme in {"http", "https"}
    listed = (suffix.casefold().lstrip(".") for suffix in suffixes)
    return parts.scheme == "https" and any(host == suffix or host.endswith("." + suffix) for suffix in listed)


def _host(url: str) -> str:
    """For an error message: the host and nothing of the rest, which may be a secret."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an unreadable address"
    return f"{parts.scheme}://{parts.hostname}"
