"""HTTP in front of the services: JSON in, JSON out, one error form. Must not know how anything is stored."""
