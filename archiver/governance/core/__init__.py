"""The rules of governance. Pure: days, results of checks and checklists are parameters."""
