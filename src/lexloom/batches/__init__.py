"""Examples to tensors: one file per objective, seeded and resumable."""
