"""Other signs of a life at home, from the sensor that watches for falls; pure, no I/O."""
