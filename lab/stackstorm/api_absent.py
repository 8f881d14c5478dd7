"""What StackStorm 3.9 answers and the lab does not: it says so, with 501, instead of denying that
there is such a thing (st2common/openapi.yaml)."""

from __future__ import annotations

from typing import List

from .api_calls import Endpoint

_OPERATIONS = """
GET /
POST /actions
PUT /actions/{ref_or_id}
DELETE /actions/{ref_or_id}
POST /actions/{ref_or_id}/clone
GET /actions/views/parameters/{ref_or_id}
GET /actions/views/overview
GET /actions/views/overview/{ref_or_id}
GET /actions/views/entry_point/{ref_or_id}
POST /actionalias
PUT /actionalias/{ref_or_id}
DELETE /actionalias/{ref_or_id}
POST /aliasexecution
PUT /executions/{id}
GET /executions/{id}/attribute/{attribute}
GET /executions/{id}/result
GET /executions/views/filters
GET /inquiries
GET /inquiries/{inquiry_id}
PUT /inquiries/{inquiry_id}
POST /packs/install
POST /packs/uninstall
POST /packs/register
GET /packs/index
POST /packs/index/search
GET /packs/index/health
GET /packs/views/files/{ref_or_id}
GET /packs/views/file/{ref_or_id}/{file_path}
GET /configs
GET /configs/{pack_ref}
PUT /configs/{pack_ref}
GET /config_schemas
GET /config_schemas/{pack_ref}
GET /policytypes
GET /policytypes/{ref_or_id}
POST /policies
PUT /policies/{ref_or_id}
DELETE /policies/{ref_or_id}
GET /rbac/permission_types
GET /rbac/permission_types/{resource_type}
GET /rbac/roles
GET /rbac/roles/{name_or_id}
GET /rbac/role_assignments
GET /rbac/role_assignments/{id}
POST /rules
DELETE /rules/{ref_or_id}
GET /rules/views
GET /rules/views/{ref_or_id}
GET /ruletypes
GET /ruletypes/{id}
PUT /runnertypes/{name_or_id}
PUT /sensortypes/{ref_or_id}
GET /apikeys
POST /apikeys
GET /apikeys/{api_key_id_or_key}
PUT /apikeys/{api_key_id_or_key}
DELETE /apikeys/{api_key_id_or_key}
GET /ruleenforcements/views
GET /ruleenforcements/views/{id}
GET /timers
GET /timers/{ref_or_id}
GET /traces
GET /traces/{id}
POST /triggertypes
PUT /triggertypes/{ref_or_id}
DELETE /triggertypes/{ref_or_id}
POST /triggers
PUT /triggers/{id}
DELETE /triggers/{id}
POST /triggerinstances/{id}/re_emit
GET /user
GET /webhooks
POST /webhooks/{hook}
GET /webhooks/{url}
POST /workflows/inspect
GET /service_registry/groups
GET /service_registry/groups/{group_id}/members
"""


ENDPOINTS: List[Endpoint] = [
    Endpoint(method, path, None)
    for method, path in (operation.split() for operation in _OPERATIONS.strip().splitlines())
]
