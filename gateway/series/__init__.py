"""Time series behind one protocol: InfluxDB or embedded SQLite."""
