"""What handles a batch: projectors fold it into read models, reactors make something follow from it."""
