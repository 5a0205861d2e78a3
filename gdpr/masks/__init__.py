"""Masks of records: suggested, decided on, looked at anew; never a changed original."""
