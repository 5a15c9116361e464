"""Messages to people: LINE, mail, webhook; none of them carries a name or an address."""
