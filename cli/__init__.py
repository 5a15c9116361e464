"""The verbs; the only room that composes others."""
