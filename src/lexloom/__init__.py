"""From words to knowledge, with language models you train and own.

`load_extractor` is the main way in; the command line ``lexloom`` mirrors it. Importing the package
loads no model and no torch.
"""

__version__ = "0.1.0"
