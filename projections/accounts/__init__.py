"""Read models fed by the topic `accounts`."""
