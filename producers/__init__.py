"""The gateway and what it decides with: identity, uploads, claims; and `publish`, the one way into the log."""
