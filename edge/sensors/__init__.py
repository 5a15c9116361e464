"""Bytes or frames in, typed readings out."""
