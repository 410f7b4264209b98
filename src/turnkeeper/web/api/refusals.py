"""Problems as answers of the API: RFC 9457's `application/problem+json`, in words that tell what to do."""

from collections.abc import Sequence

import msgspec

from turnkeeper.web.asgi import Answer, answer

_KIND = b"application/problem+json"
_TITLES = {
    400: "not readable",
    401: "not authorized",
    404: "not there",
    403: "not allowed",
    405: "wrong method",
    408: "too slow",
    409: "not as it is now",
    412: "changed meanwhile",
    413: "too large",
    422: "not taken",
    428: "say which revision",
    429: "too many",
    503: "not now",
}


class Wrong(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that is wrong with a body: where, and what; perhaps what to do, and that it is only a `warning`."""

    where: str
    problem: str
    mend: str = ""
    level: str = ""


class Refusal(Exception):
    """The request is answered with this status and nothing of it is taken."""

    def __init__(self, status: int, detail: str, wrongs: Sequence[Wrong] = ()) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.wrongs = tuple(wrongs)

    def answer(self, *headers: tuple[bytes, bytes]) -> Answer:
        """What the caller gets."""
        said: dict[str, object] = {
            "type": "about:blank",
            "title": _TITLES.get(self.status, "problem"),
            "status": self.status,
            "detail": self.detail,
        }
        if self.wrongs:
            said["errors"] = self.wrongs
        return answer(self.status, msgspec.json.encode(said), *headers, kind=_KIND)
