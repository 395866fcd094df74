"""One trainer for every model: a loop that yields reports, and a run that saves, scores and stops."""
