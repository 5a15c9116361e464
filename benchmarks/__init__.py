"""What things cost: printed figures, never asserted ones."""
