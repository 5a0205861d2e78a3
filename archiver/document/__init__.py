"""Documents that leave as PDF and as plain text: what they are made of, and how they are set."""
