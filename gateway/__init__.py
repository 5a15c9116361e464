"""The city's one ear and one memory: MQTT in, committed rows, receipts out, escalation."""
