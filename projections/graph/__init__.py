"""Read models fed by the topic `graph`: who follows whom."""
