"""Adapters around the heavy libraries, behind the Protocols of `base`. Nothing else imports those libraries."""
