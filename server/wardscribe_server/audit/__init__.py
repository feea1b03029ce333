"""The record of who did what: events in the shape of FHIR AuditEvent, in a chain that cannot be changed unseen."""
