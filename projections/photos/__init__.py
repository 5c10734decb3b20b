"""Read models fed by the topic `photos`."""
