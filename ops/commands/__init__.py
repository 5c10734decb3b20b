"""The commands of `darkroom` that are a file each."""
