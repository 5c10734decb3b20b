"""An independent fold of the log: what every read model must hold, worked out without the code that fills them."""
