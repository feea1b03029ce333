"""What the audit log is told of tokens that an administrator makes and revokes at the command line."""

from wardscribe_server.access.principal import LOCAL
from wardscribe_server.access.tokens import ApiToken, Grant
from wardscribe_server.audit.event import AuditAction, AuditEvent, AuditOutcome, AuditSink


def told_created(audit: AuditSink, token: ApiToken) -> None:
    """A token was made; which, for whom and what for, never the token."""
    _tell(audit, AuditAction.CREATE, "token.create", token)


def told_code(audit: AuditSink, grant: Grant) -> None:
    """A pairing code was made; that it was used is told when it is."""
    _tell(audit, AuditAction.CREATE, "token.code", grant)


def told_revoked(audit: AuditSink, token: ApiToken) -> None:
    """A token was revoked."""
    _tell(audit, AuditAction.DELETE, "token.revoke", token)


def _tell(audit: AuditSink, action: AuditAction, kind: str, grant: Grant) -> None:
    audit.write(
        AuditEvent(
            action=action,
            kind=kind,
            outcome=AuditOutcome.SUCCESS,
            tenant=grant.tenant,
            user=LOCAL.user,  # whoever sits at this machine
            entity=grant.id if isinstance(grant, ApiToken) else "",
            detail={
                "holder": grant.user,
                "roles": " ".join(sorted(grant.roles)),
                "scopes": " ".join(sorted(grant.scopes)),
            },
        )
    )
