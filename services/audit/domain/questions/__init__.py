"""What auditors ask, answered from entries alone: each line of an answer names the entries that show it."""
