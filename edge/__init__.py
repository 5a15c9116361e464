"""One device in a home or a field: sensors in, events out, nothing forgotten before a receipt."""
