"""Who may call what: the keys of the project and the endpoints that each of them opens."""

from __future__ import annotations

from keen_sandbox.errors import KeenError
from keen_sandbox.project import Project, Role

MASTER = frozenset({Role.MASTER})
READ = frozenset({Role.MASTER, Role.READ})
WRITE = frozenset({Role.MASTER, Role.WRITE})


def check_access(project: Project, roles: frozenset[Role], project_id: str, key: str) -> None:
    """Let a request pass that names the project and carries a key of one of the roles.

    Raises KeenError: 404 for another project, 401 for a key that is not the project's, and 403 for one that is, but
    is not permitted here.
    """
    if project_id != project.project_id:
        raise KeenError("ResourceNotFoundError", "There is no project with this id.", 404)
    role = project.role_of(key.encode(errors="replace").decode())
    if role is None:
        raise KeenError("InvalidApiKeyError", "The API key is not one of this project's keys.", 401)
    if role not in roles:
        permitted = " or ".join(sorted(role.value for role in roles))
        code = "AdminOnlyEndpointError" if roles == MASTER else "KeyNotPermittedError"
        raise KeenError(code, f"This request needs a key of another kind: {permitted}.", 403)
