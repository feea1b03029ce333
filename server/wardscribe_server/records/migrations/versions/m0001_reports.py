"""Reports, their dictations, versions and changes; triggers that keep what is closed."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_TIME = sa.DateTime(timezone=True)
_ID = sa.String(128)
_REPORT = (["tenant", "report"], ["reports.tenant", "reports.id"])


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "reports",
        sa.Column("tenant", _ID, nullable=False),
        sa.Column("id", _ID, nullable=False),
        sa.Column("session", _ID),
        sa.Column("template", sa.String(64), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("author", _ID, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("changed_at", _TIME, nullable=False),
        sa.Column("patient_index", sa.String(64)),
        sa.Column("accession_index", sa.String(64)),
        sa.Column("patient", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_reports"),
        sa.UniqueConstraint("tenant", "session", name="uq_reports_tenant_session"),
        sa.CheckConstraint("version >= 1", name=op.f("ck_reports_version_counts_from_one")),
    )
    op.create_index("ix_reports_tenant_created_at_id", "reports", ["tenant", "created_at", "id"])
    op.create_index("ix_reports_tenant_state", "reports", ["tenant", "state"])
    op.create_index("ix_reports_tenant_patient_index", "reports", ["tenant", "patient_index"])
    op.create_index("ix_reports_tenant_accession_index", "reports", ["tenant", "accession_index"])
    op.create_table(
        "dictations",
        sa.Column("tenant", _ID, nullable=False),
        sa.Column("report", _ID, nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("audio_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("edits", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "report", name="pk_dictations"),
        sa.ForeignKeyConstraint(*_REPORT, name="fk_dictations_reports"),
    )
    op.create_table(
        "versions",
        sa.Column("tenant", _ID, nullable=False),
        sa.Column("report", _ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("opened_at", _TIME, nullable=False),
        sa.Column("closed_at", _TIME),
        sa.Column("by", _ID, nullable=False),
        sa.Column("sha256", sa.String(64)),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "report", "number", name="pk_versions"),
        sa.ForeignKeyConstraint(*_REPORT, name="fk_versions_reports"),
        sa.CheckConstraint("(sha256 IS NULL) = (closed_at IS NULL)", name=op.f("ck_versions_closed_is_hashed")),
    )
    op.create_table(
        "changes",
        sa.Column("tenant", _ID, nullable=False),
        sa.Column("report", _ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("by", _ID, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "report", "number", name="pk_changes"),
        sa.ForeignKeyConstraint(*_REPORT, name="fk_changes_reports"),
    )
    _keep_what_is_closed()


# Table, what may not be done to it, and when: a version once it is closed; the rest always.
_KEPT = (("versions", "OLD.sha256 IS NOT NULL"), ("dictations", "1 = 1"), ("changes", "1 = 1"))


def _keep_what_is_closed() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table, when in _KEPT:
            for act in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER keep_{table}_{act.lower()} BEFORE {act} ON {table} WHEN {when} "
                    f"BEGIN SELECT RAISE(ABORT, 'kept: {table}'); END"
                )
        return
    op.execute(
        "CREATE FUNCTION keep_closed() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'kept: %', TG_TABLE_NAME; END $$"
    )
    for table, when in _KEPT:
        op.execute(
            f"CREATE TRIGGER keep_{table} BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION keep_closed()"
        )
