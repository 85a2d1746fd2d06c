"""The table of the API: every operation and who answers it."""

from __future__ import annotations

from aiohttp import web

from local.celum_simulator import api_assets, api_collections, api_delivery, api_relations, api_tenant
from local.celum_simulator.call import Handler

BASE = "/content-api/v1"

OPERATIONS: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/version", api_tenant.version),
    ("GET", "/clients/{clientId}", api_tenant.client),
    ("GET", "/users", api_tenant.users),
    ("GET", "/users/me", api_tenant.me),
    ("GET", "/users/{userId}", api_tenant.user),
    ("GET", "/user-groups", api_tenant.user_groups),
    ("GET", "/user-groups/{userGroupId}", api_tenant.user_group),
    ("GET", "/roles", api_tenant.roles),
    ("GET", "/roles/{roleId}", api_tenant.role),
    ("GET", "/asset-types", api_tenant.asset_types),
    ("GET", "/asset-types/{assetTypeId}", api_tenant.asset_type),
    ("GET", "/information-fields", api_tenant.information_fields),
    ("GET", "/collection-types", api_tenant.collection_types),
    ("GET", "/collection-types/{collectionTypeId}", api_tenant.collection_type),
    ("GET", "/compound-types", api_tenant.compound_types),
    ("GET", "/compound-types/{compoundTypeKey}", api_tenant.compound_type),
    ("GET", "/collections", api_collections.listed),
    ("POST", "/collections", api_collections.create),
    ("POST", "/collections/search", api_collections.search),
    ("GET", "/collections/{collectionId}", api_collections.read),
    ("PATCH", "/collections/{collectionId}", api_collections.update),
    ("DELETE", "/collections/{collectionId}", api_collections.delete),
    ("POST", "/upload", api_assets.ask_upload),
    ("GET", "/assets", api_assets.listed),
    ("POST", "/assets", api_assets.create),
    ("POST", "/assets/search", api_assets.search),
    ("GET", "/assets/download", api_delivery.download_several),
    ("GET", "/assets/{assetId}", api_assets.read),
    ("PATCH", "/assets/{assetId}", api_assets.update),
    ("DELETE", "/assets/{assetId}", api_assets.delete),
    ("GET", "/assets/{assetId}/versions", api_assets.versions),
    ("POST", "/assets/{assetId}/versions", api_assets.add_version),
    ("DELETE", "/assets/{assetId}/versions/{versionId}", api_assets.delete_version),
    ("GET", "/assets/{assetId}/download", api_delivery.download),
    ("GET", "/download-formats", api_delivery.formats),
    ("POST", "/jobs", api_delivery.create_job),
    ("GET", "/jobs/{jobId}", api_delivery.job),
    ("GET", "/relation-types", api_relations.types),
    ("GET", "/relation-types/{id}", api_relations.type_),
    ("GET", "/relations", api_relations.listed),
    ("POST", "/relations", api_relations.create),
    ("GET", "/relations/{relationId}", api_relations.read),
    ("PATCH", "/relations/{relationId}", api_relations.update),
    ("DELETE", "/relations/{relationId}", api_relations.delete),
)


def no_content() -> web.Response:
    return web.Response(status=204)
