"""The way out when a name was taken while an upload session ran: commit it under another name."""

from __future__ import annotations

from yarl import URL

from local.onedrive_simulator.graph.call import Call, Reply, operation
from local.onedrive_simulator.graph.uploads import UploadHost
from local.onedrive_simulator.problems import invalid, missing, not_supported

SOURCE_URL = "@microsoft.graph.sourceUrl"


@operation("PUT", "item")
async def commit_by_source_url(call: Call) -> Reply:
    """The body names the upload URL; whether SharePoint libraries can do it is told both ways, so a quirk decides."""
    body = await call.json()
    if SOURCE_URL not in body:
        raise invalid(f"{SOURCE_URL} is missing")
    if not call.tenant.quirks.session_commit_by_source_url:
        raise not_supported(f"{SOURCE_URL} is not supported here")
    session = call.tenant.sessions.get(URL(body[SOURCE_URL]).name)
    if session is None or session.draft.size != session.total:
        raise missing("The upload session was not found, or is not complete")
    session.name = body.get("name") or session.name
    session.conflict = call.conflict("fail", body)
    return UploadHost(call.tenant).commit(session)
