"""The whole of Mimamori on one machine, with simulated people and animals to play against."""
