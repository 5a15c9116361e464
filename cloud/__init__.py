"""What faces people and other systems: services that carry messages, the API, the pages."""
