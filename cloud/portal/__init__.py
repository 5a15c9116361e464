"""The pages people read, and the words on them."""
