"""The city's services, made up: LINE, a mail server, a webhook receiver, and the telephones people read them on."""
