"""Read models fed by the topic `rolls`: rolls, and who is in them."""
