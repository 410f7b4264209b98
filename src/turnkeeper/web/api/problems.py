"""How the API's description tells of what may go wrong: once for each status, not at each address."""

from typing import Any

from pydantic import BaseModel, Field


class ProblemPlace(BaseModel):
    """One thing that is wrong with what was sent."""

    where: str
    problem: str
    mend: str = ""
    level: str = ""


class Problem(BaseModel):
    """What every answer that is no success is (RFC 9457, `application/problem+json`)."""

    type: str
    title: str
    status: int
    detail: str = Field(description="What is wrong and what to do, for people.")
    errors: list[ProblemPlace] = []


PROBLEMS: dict[int | str, str] = {
    400: "It cannot be read.",
    401: "Nobody is signed in, or the token is wrong.",
    403: "The role or the token's scopes do not allow this.",
    404: "It is not there, or not yours.",
    409: "It is not so now that this could be done.",
    413: "It is too large.",
    422: "What was sent is not as described.",
    429: "Too many of these; wait.",
    503: "The database cannot be asked now.",
}


def told_once(description: dict[str, Any]) -> dict[str, Any]:
    """The same description, with what is said of a status at every address moved to one place."""
    shared: dict[str, Any] = description.setdefault("components", {}).setdefault("responses", {})
    operations = [each for place in description["paths"].values() for each in place.values()]
    for operation in operations:
        for status, said in operation["responses"].items():
            if PROBLEMS.get(_number(status)) == said.get("description"):
                content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
                shared[f"Problem{status}"] = {"description": said["description"], "content": content}
                operation["responses"][status] = {"$ref": f"#/components/responses/Problem{status}"}
    return description


def _number(status: str) -> int | str:
    return int(status) if status.isdigit() else status
