"""What can go wrong with a model, said so that a user can mend it."""


class ModelError(Exception):
    """Base of every error of this package; its text says what to do."""


class ArtefactError(ModelError):
    """The exported model is missing, damaged or of another format."""


class DataError(ModelError):
    """A labelled row or a data folder cannot be used."""


class BaseModelError(ModelError):
    """The base weights cannot be obtained or do not match their pinned hash."""


class TrainingError(ModelError):
    """A run cannot be begun, gone on with, or used as a teacher."""
