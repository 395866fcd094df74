"""The models, each one file beside the paper it implements; `checkpoint` reads and writes them."""
