"""The screens: each module reads what it was asked for and renders a page, nothing else."""
