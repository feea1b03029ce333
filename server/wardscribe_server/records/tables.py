"""The tables, on SQLite and PostgreSQL alike. Migrations make them; a test holds the two together.

In clear stand ids, state, template, language, times, opaque ids of people and blind indexes; everything else is sealed
bytes. Every key begins with the tenant, so that no row of one can point to another's.
"""

from datetime import UTC, datetime

from sqlalchemy import (
    CheckConstraint,
    DateTime,
    Dialect,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

ID_LENGTH = 128
DIGEST_LENGTH = 64


class UtcTime(TypeDecorator[datetime]):
    """A moment. SQLite forgets the zone, so it is always UTC and says so again when read."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """To the database, in UTC."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """From the database, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Names every constraint, so that a later migration can speak of it on both databases."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class TenantScoped:
    """A table whose rows belong to a tenant. Sessions of `tenancy` see one tenant's only."""

    tenant: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, sort_order=-1)


class ReportRow(TenantScoped, Base):
    """A report: where it stands. `revision` is SQLAlchemy's version counter: of two writers the later one fails."""

    __tablename__ = "reports"
    __table_args__ = (
        UniqueConstraint("tenant", "session"),
        Index(None, "tenant", "created_at", "id"),
        Index(None, "tenant", "state"),
        Index(None, "tenant", "patient_index"),
        Index(None, "tenant", "accession_index"),
        CheckConstraint("version >= 1", name="version_counts_from_one"),
    )

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    session: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    template: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(32))
    version: Mapped[int] = mapped_column(Integer)
    revision: Mapped[int] = mapped_column(Integer)
    author: Mapped[str] = mapped_column(String(ID_LENGTH))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    changed_at: Mapped[datetime] = mapped_column(UtcTime)
    patient_index: Mapped[str | None] = mapped_column(String(DIGEST_LENGTH))
    accession_index: Mapped[str | None] = mapped_column(String(DIGEST_LENGTH))
    patient: Mapped[bytes] = mapped_column(LargeBinary)  # sealed: the context that the calling system gave

    __mapper_args__ = {"version_id_col": revision}  # noqa: RUF012 - SQLAlchemy's own form


class DictationRow(TenantScoped, Base):
    """What a report was made from. A trigger refuses to change it."""

    __tablename__ = "dictations"
    __table_args__ = (ForeignKeyConstraint(["tenant", "report"], ["reports.tenant", "reports.id"]),)

    report: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    words: Mapped[bytes] = mapped_column(LargeBinary)  # sealed
    audio_sha256: Mapped[bytes] = mapped_column(LargeBinary)  # sealed; of nothing where there was no audio
    edits: Mapped[bytes] = mapped_column(LargeBinary)  # sealed


class VersionRow(TenantScoped, Base):
    """A version. Once it has a hash a trigger refuses to change it."""

    __tablename__ = "versions"
    __table_args__ = (
        ForeignKeyConstraint(["tenant", "report"], ["reports.tenant", "reports.id"]),
        CheckConstraint("(sha256 IS NULL) = (closed_at IS NULL)", name="closed_is_hashed"),
    )

    report: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    state: Mapped[str] = mapped_column(String(32))
    opened_at: Mapped[datetime] = mapped_column(UtcTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    by: Mapped[str] = mapped_column(String(ID_LENGTH))
    sha256: Mapped[str | None] = mapped_column(String(DIGEST_LENGTH))
    record: Mapped[bytes] = mapped_column(LargeBinary)  # sealed


class ChangeRow(TenantScoped, Base):
    """One change. A trigger refuses to alter it."""

    __tablename__ = "changes"
    __table_args__ = (ForeignKeyConstraint(["tenant", "report"], ["reports.tenant", "reports.id"]),)

    report: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(32))
    version: Mapped[int] = mapped_column(Integer)
    by: Mapped[str] = mapped_column(String(ID_LENGTH))
    at: Mapped[datetime] = mapped_column(UtcTime)
    content: Mapped[bytes] = mapped_column(LargeBinary)  # sealed: pointer, before, after, reason
