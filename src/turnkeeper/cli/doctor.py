"""`turnkeeper doctor`: which link of a set-up is broken, and the mend."""

from turnkeeper.cli.options import DEFAULT, AsJson, Config


def doctor(config: Config = DEFAULT, as_json: AsJson = False) -> None:
    """Examine each link of the set-up and name the first that is broken; exit 1 if one is."""
