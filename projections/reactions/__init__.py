"""Read models fed by the topic `reactions`: likes and comments."""
