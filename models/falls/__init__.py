"""What the fall room is worth: recordings and simulated homes in, figures with intervals out."""
