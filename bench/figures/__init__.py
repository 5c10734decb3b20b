"""What is measured, a file a figure."""
