"""What the supervisor says to people. Standard library only."""

import errno
import socket
import sys
from contextlib import suppress
from typing import TextIO


def how(status: int) -> str:
    """How a child ended."""
    return f"signal {-status}" if status < 0 else f"exit status {status}"


def why(error: OSError) -> str:
    """The plain reason: Python adds the address to some."""
    return (error.strerror or str(error)).partition(" (while")[0]


def mend(error: OSError) -> str:
    """What to do about an address that cannot be listened on."""
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return "Set server.host to an address of this machine."
    if error.errno == errno.EACCES:
        return "Ports below 1024 need a privilege: set another server.port."
    return "Stop what listens there, or set another server.port."


def say(text: str) -> None:
    """A line for whoever looks at the server's errors."""
    write(sys.stderr, f"turnkeeper: {text}")


def write(stream: TextIO, text: str) -> None:
    """A line in one piece: print() makes two of it where Python does not buffer, and children write there too."""
    stream.write(f"{text}\n")
    stream.flush()


def browse(url: str) -> None:
    """Open a page in the browser, if there is one."""
    import webbrowser

    with suppress(webbrowser.Error):
        webbrowser.open(url)
