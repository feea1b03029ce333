"""Sessions that see one tenant and no other, whatever is asked of them.

Every statement on a table with a tenant gets the tenant as a condition, every new row gets it as its key. Statements
that cannot be restricted so (plain SQL, bare tables) are refused. The condition is added here and nowhere else, so no
query can forget it.
"""

from sqlalchemy import Connection, event
from sqlalchemy.orm import ORMExecuteState, Session, UOWTransaction, with_loader_criteria

from wardscribe_server.access.principal import TenantId
from wardscribe_server.records.tables import TenantScoped


class UnscopedStatementError(TypeError):
    """A statement that would run past the tenant's border: a bug here."""


def tenant_session(connection: Connection, tenant: TenantId) -> Session:
    """A session on `connection` for one tenant."""
    session = Session(connection, expire_on_commit=False, autoflush=False)

    @event.listens_for(session, "do_orm_execute")
    def _restrict(state: ORMExecuteState) -> None:
        if state.bind_mapper is None or not (state.is_select or state.is_update or state.is_delete):
            raise UnscopedStatementError("only statements on mapped tables run in a tenant's session")
        state.statement = state.statement.options(
            with_loader_criteria(
                TenantScoped,
                lambda row: row.tenant == tenant,
                include_aliases=True,
                propagate_to_loaders=True,
                track_closure_variables=True,
            )
        )

    @event.listens_for(session, "before_flush")
    def _claim(flushed: Session, _context: UOWTransaction, _instances: object) -> None:
        for row in (*flushed.new, *flushed.dirty, *flushed.deleted):
            if not isinstance(row, TenantScoped) or row.tenant not in (None, tenant):
                raise UnscopedStatementError("a row of another tenant in this session")
            row.tenant = tenant

    return session
