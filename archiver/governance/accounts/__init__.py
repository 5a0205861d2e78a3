"""The register of accounts: whose each is, who may do what there, and shadow pages.

`core.account` holds the rules.
"""
