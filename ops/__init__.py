"""The operators' command: `ops …`. Not deployed."""
