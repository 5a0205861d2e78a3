"""Personal data breaches (GDPR arts. 33–34)."""
