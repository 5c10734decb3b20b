"""The same screens as somebody would build them who picked something else, for the figures `peer_*`."""
