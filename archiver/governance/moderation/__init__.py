"""The moderation log: who hid, removed or blocked what, on which ground, and what shows.

`core.moderation` holds the rules; `grounds.toml` the grounds with their reply templates, as data.
"""
