"""The look of the film: date, lens, light, grain and colours."""
