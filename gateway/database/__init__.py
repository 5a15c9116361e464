"""The gateway's relational memory: tables, sessions, migrations."""
