"""A home whose radar bytes come out of a pty: a body, what a radar sees of it, the firmware's packets, a day's story."""
