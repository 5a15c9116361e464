"""A field with a troop of monkeys in it: what the camera sees, drawn."""
