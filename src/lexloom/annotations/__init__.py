"""The schema, and annotated data sets in and out of the native form."""
