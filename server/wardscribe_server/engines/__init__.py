"""Adapters around the heavy libraries, behind the Protocols of `base`. Nothing else imports those libraries."""

import os

# onnxruntime reports to its maker from the moment it is imported, and keeps a file about it in the temporary folder,
# unless this is set before. Nothing that listens to patients reports to anybody.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
