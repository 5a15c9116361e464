"""Revisions of the tables, carried out by ``Database.create``; a new one is written by ``python -m gateway.database``."""
