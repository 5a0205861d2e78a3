"""The leak check of a release: what was masked is nowhere in what leaves (redaction, blocking).

`check` reads every output to its last byte (`reader`: containers, PDF, pictures, texts), looks for
every masked value in every form (`fold`, `unwrap`, `matcher`), lets recognisers look for what
nobody masked, and names what nobody can read.
"""

from gdpr.leak.checker import check, suspect
from gdpr.leak.secret import Kind, Leak, Output, Secret

__all__ = ["Kind", "Leak", "Output", "Secret", "check", "suspect"]
