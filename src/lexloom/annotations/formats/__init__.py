"""Annotated data sets in the formats of others: one module each, and the table that names them."""
