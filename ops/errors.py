"""The errors that an operator can mend: the command prints them in one line, without a traceback."""


class OperatorError(Exception):
    """Says what is wrong and what to do about it. Its text is the whole message, and the command exits with 1."""


SERVERS = "The servers are needed: see `darkroom status`, start them with `darkroom up`."
