"""What a person or a program meets: the page of an extraction, in one file."""
