"""Sessions that see one tenant and no other, whatever is asked of them.

Every statement gets the tenant as a condition on each table that it names, every new row gets it as its key. What
cannot be restricted so (plain SQL, bare tables, inner selects, joins) is refused. The condition is added here and
nowhere else, so no query can forget it.
"""

from sqlalchemy import Connection, Delete, Executable, Select, Table, Update, event
from sqlalchemy.orm import ORMExecuteState, Session, UOWTransaction
from sqlalchemy.sql import visitors
from sqlalchemy.sql.selectable import SelectBase

from wardscribe_server.access.principal import TenantId
from wardscribe_server.records.tables import Base, TenantScoped

_TABLES = frozenset(mapper.local_table for mapper in Base.registry.mappers if issubclass(mapper.class_, TenantScoped))


class UnscopedStatementError(TypeError):
    """A statement that would run past the tenant's border: a bug here."""


def tenant_session(connection: Connection, tenant: TenantId) -> Session:
    """A session on `connection` for one tenant."""
    session = Session(connection, expire_on_commit=False, autoflush=False)

    @event.listens_for(session, "do_orm_execute")
    def _restrict(state: ORMExecuteState) -> None:
        if state.bind_mapper is None:
            raise UnscopedStatementError("only statements on mapped tables run in a tenant's session")
        state.statement = _scoped(state.statement, tenant)

    @event.listens_for(session, "before_flush")
    def _claim(flushed: Session, _context: UOWTransaction, _instances: object) -> None:
        for row in (*flushed.new, *flushed.dirty, *flushed.deleted):
            if not isinstance(row, TenantScoped) or row.tenant not in (None, tenant):
                raise UnscopedStatementError("a row of another tenant in this session")
            row.tenant = tenant

    return session


def _scoped(statement: Executable, tenant: TenantId) -> Executable:
    """The statement with the tenant as a condition on every table in it."""
    match statement:
        case Select():
            inner = any(item is not statement and isinstance(item, SelectBase) for item in visitors.iterate(statement))
            tables = [] if inner else statement.get_final_froms()
        case Update() | Delete():
            tables = [] if any(isinstance(i, SelectBase) for i in visitors.iterate(statement)) else [statement.table]
        case _:
            tables = []
    named = [table for table in tables if isinstance(table, Table) and table in _TABLES]
    if not named or len(named) < len(tables):
        raise UnscopedStatementError("this form of statement cannot be restricted to a tenant")
    assert isinstance(statement, Select | Update | Delete), "others name no tables"
    return statement.where(*(table.c.tenant == tenant for table in named))
