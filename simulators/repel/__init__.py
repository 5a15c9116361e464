"""What a repeller may meet, made up by the thousand, and a referee that knows nothing of the kernel."""
