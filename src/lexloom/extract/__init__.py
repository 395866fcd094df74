"""Texts to facts: the engine, its windows, its files, its training and its scores."""
