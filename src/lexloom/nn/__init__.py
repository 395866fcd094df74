"""The parts that models are made of: packing of padded batches, attention, feed-forward blocks."""
