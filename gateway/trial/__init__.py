"""What a field's trial has shown, from what the gateway has stored: read, counted, with the doubt of small numbers."""
