"""What the browser tests share."""

from tests.e2e.site import site

__all__ = ["site"]
