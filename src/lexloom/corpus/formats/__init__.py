"""Documents out of files: one module per format, and the table that names them."""
