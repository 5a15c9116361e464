"""``python -m gateway.database "what changes"``: write the revision for a change in ``tables.py``."""

import sys

from sqlalchemy import create_engine

from gateway.database.upgrade import MIGRATIONS, revise


def main() -> int:
    """Compare a fresh, upgraded database in memory with the tables; print the revision that was written."""
    if len(sys.argv) != 2:
        print(__doc__)  # noqa: T201
        return 2
    number = f"{len(list((MIGRATIONS / 'versions').glob('[0-9]*.py'))) + 1:04d}"
    with create_engine("sqlite://").begin() as connection:
        written = revise(connection, sys.argv[1], number)
    print(written or "the tables are as the last revision leaves them")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
