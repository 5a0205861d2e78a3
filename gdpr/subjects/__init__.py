"""What data subjects ask for (GDPR arts. 15–21)."""
