"""What makes a photo look as if a disposable camera had taken it."""
