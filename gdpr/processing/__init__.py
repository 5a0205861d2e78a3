"""The record of processing (GDPR art. 30), the privacy notice, the impact assessment's template."""
