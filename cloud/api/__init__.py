"""The web application: sign-in, answers, live updates, data for machines."""
