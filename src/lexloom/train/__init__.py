"""One trainer for every model: a loop that yields reports, a run that saves, scores and stops."""
