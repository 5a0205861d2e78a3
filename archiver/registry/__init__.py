"""The register (diarium): entries, numbers, cases, triage, and the bridge to other systems."""
