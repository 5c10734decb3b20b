"""`darkroom demo`: the whole path with real photographs, and the checks that it held."""
