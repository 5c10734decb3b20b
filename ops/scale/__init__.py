"""What so many people need, computed from assumptions, the projections themselves and measured figures."""
