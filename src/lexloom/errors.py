"""The errors a user can cause, each one sentence and a hint; the command line prints them so.

LexloomError
├── UsageError              the command was given something it cannot mean
│   ├── ConfigError         a setting out of range, or an unknown key
│   └── SchemaError         a schema that contradicts itself
├── InputError              a document that cannot be read
├── AnnotationError         an annotated data set that does not say what its format promises
├── ArtifactError           a model or run directory that is missing, truncated or altered
│   └── UnsafeArtifactError a file that would run code when loaded
├── GraphError              a graph file that cannot be opened or written
├── TrainingError           a training that cannot go on
│   └── TrainingStopped     a training that was asked to end, and saved itself
├── EngineError             worker processes that cannot be started
├── MissingDependencyError  an optional package that is not installed
└── ShapeError              tensors that do not fit each other
"""


class LexloomError(Exception):
    """A sentence that says what must hold and what was got, with a hint for the next action."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        """Give the sentence, with the hint behind it."""
        return f"{self.message} ({self.hint})" if self.hint else self.message


class UsageError(LexloomError):
    """The command or function was given something it cannot mean."""

    exit_code = 2


class ConfigError(UsageError):
    """A setting is out of range, or a key is unknown."""


class SchemaError(UsageError):
    """A schema is malformed or contradicts itself."""


class InputError(LexloomError):
    """A document cannot be read."""


class AnnotationError(LexloomError):
    """An annotated data set does not say what its format promises."""


class ArtifactError(LexloomError):
    """A model or run directory is missing, truncated or altered."""


class UnsafeArtifactError(ArtifactError):
    """A file would run code when loaded, such as a pickle."""


class GraphError(LexloomError):
    """A graph file cannot be opened or written."""


class TrainingError(LexloomError):
    """A training cannot go on."""


class TrainingStopped(TrainingError):
    """A training was asked to end, and saved itself."""

    exit_code = 143


class EngineError(LexloomError):
    """Worker processes cannot be started, or the function they are given cannot reach them."""


class MissingDependencyError(LexloomError):
    """An optional package is not installed."""


class ShapeError(LexloomError):
    """Tensors do not fit each other."""
