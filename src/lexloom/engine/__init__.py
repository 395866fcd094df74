"""Map a function over many records: on this machine's processors, later on many machines."""
