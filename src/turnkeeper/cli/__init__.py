"""The `turnkeeper` command. A failure is one line and its mend, never a trace.

Rule: this package imports at its top nothing but what `--help` needs.
"""

import os
import sys


def main() -> None:
    """Run the command line; exits with its status."""
    from turnkeeper.cli.commands import app

    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # the reader (`| head`) has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        from turnkeeper.model.errors import ConfigurationError, StoreError

        if not isinstance(error, ConfigurationError | StoreError):
            raise
        sys.stderr.write(f"{error}\n")
        sys.exit(78 if isinstance(error, ConfigurationError) else 69)
