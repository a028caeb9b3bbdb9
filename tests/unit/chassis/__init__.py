"""What the chassis decides without a server."""
