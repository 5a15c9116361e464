"""A home, a field, the city's services and faults to play against; they ship and the tests use them."""
