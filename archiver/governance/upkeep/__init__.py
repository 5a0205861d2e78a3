"""Upkeep (egenkontroll): what people note that no harvest shows, for the checks to rest on."""
