"""What is wrong with a configuration, in words that reach the operator as they are.

ConfigurationError
├── ConfigurationErrors     everything that is wrong with one file
└── SecretMissing           a value is said to be elsewhere and is not there
"""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from pydantic import BaseModel, SecretStr

from turnkeeper.model.errors import ConfigurationError


class ConfigurationErrors(ConfigurationError):
    """Everything that is wrong with a configuration; `errors` are the single ones."""

    def __init__(self, errors: Sequence[ConfigurationError]) -> None:
        first = errors[0]
        super().__init__(first.key, first.problem, first.mend)
        self.errors = tuple(errors)

    def __str__(self) -> str:
        return "\n".join(str(error) for error in self.errors)


class SecretMissing(ConfigurationError):
    """A value is said to be elsewhere (`env:`, `file:`) and is not there."""


def nearest(wrong: str, known: Sequence[str]) -> str:
    """What to write instead of a name that nothing has."""
    close = get_close_matches(wrong, known, n=1, cutoff=0.6)
    if close:
        return f'Did you mean "{close[0]}"?'
    return f"Known: {', '.join(sorted(known))}." if known else "There is none yet."


def worded(
    problem: Mapping[str, object], model: type[BaseModel], at: str, elsewhere: Mapping[str, object]
) -> ConfigurationError:
    """One of pydantic's findings in our words; never shows a secret, nor a value from `elsewhere`, which may be one."""
    loc = problem["loc"]
    name = str(loc[0]) if isinstance(loc, tuple) and loc else ""
    key = f"{at}.{name}" if name else at
    context = problem.get("ctx")
    info = model.model_fields.get(name)
    example = f"Write for example {name} = {info.examples[0]}" if info and info.examples else "Mend the value"
    match problem["type"]:
        case "extra_forbidden":
            return ConfigurationError(key, "is not a setting", nearest(name, list(model.model_fields)))
        case "too_short" | "string_too_short":
            return ConfigurationError(key, "is empty", f"{example}.")
        case "missing":
            return ConfigurationError(key, "is missing", f"{example}.")
        case "turnkeeper" if isinstance(context, dict):
            said = str(context["problem"])
            if name in elsewhere:
                said = said.replace(repr(problem["input"]), str(elsewhere[name]))
            return ConfigurationError(key, said, str(context["mend"]))
    said = str(problem["msg"])
    if info is None or info.annotation is not SecretStr:
        shown = elsewhere.get(name, repr(problem["input"]))
        said = f"{shown} will not do: {said[:1].lower()}{said[1:]}"
    return ConfigurationError(key, said, f"{example}.")
