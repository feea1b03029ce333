"""Checks before signing: what contradicts itself, the order or the patient, what is implausible, what is missing."""

from wardscribe_server.pipeline.understanding.checks.checking import check, check_record
from wardscribe_server.pipeline.understanding.checks.subject import Subject

__all__ = ["Subject", "check", "check_record"]
