"""What the device says aloud, as data: ``{locale}.toml``, one text per spoken code. Japanese first, English second."""
