"""What a person can mend: said in one clear line, without a traceback."""


class Problem(Exception):
    """Its text is the whole message: what is wrong and what to do about it. The command then exits with 1."""


SERVERS = "The servers are needed: see `darkroom status`, start them with `darkroom up`."
