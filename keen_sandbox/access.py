"""Opens the HTTP API to those who may: the project has to be right, and the key has to permit the request."""

from __future__ import annotations

from keen_sandbox.errors import KeenError
from keen_sandbox.keys import Grant, Scope
from keen_sandbox.project import Project


def check_access(project: Project, scope: Scope, project_id: str, key: str, forbidden_status: int) -> Grant:
    """Let a request pass that names the project and carries a key that permits the scope, and tell what it may do.

    Raises KeenError: 404 for another project, 401 for a key that is not the project's, and `forbidden_status` for one
    that is, but does not permit the scope.
    """
    if project_id != project.project_id:
        raise KeenError("ResourceNotFoundError", "There is no project with this id.", 404)
    grant = project.grant_of(key.encode(errors="replace").decode())
    if grant is None:
        raise KeenError("InvalidApiKeyError", "The API key is not one of this project's keys.", 401)
    if scope not in grant.permitted:
        if scope is Scope.ADMIN:
            raise KeenError("AdminOnlyEndpointError", "This request needs the master key.", forbidden_status)
        message = f"This request needs a key that permits {scope.value}."
        raise KeenError("KeyNotPermittedError", message, forbidden_status)
    return grant
