"""The database: outages are told from wrong statements, and no error shows what a row holds."""

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, make_url, text
from sqlalchemy.exc import IntegrityError, OperationalError

from contract.configuration import ConfigurationError, parse
from gateway.database import tables
from gateway.database.session import Database, DatabaseUnavailableError
from gateway.database.upgrade import upgrade
from gateway.settings import GatewaySettings

REPOSITORY = Path(__file__).resolve().parents[2]


def test_no_text_of_an_error_shows_what_a_row_holds(database: Database) -> None:
    def add_twice() -> None:
        for _ in range(2):
            with database.write() as session:
                session.add(tables.Home(id="home-0001", resident="藤原", address="秘密", district="x"))

    with pytest.raises(IntegrityError) as refused:
        add_twice()
    assert "UNIQUE constraint failed: homes.id" in str(refused.value)
    assert "藤原" not in str(refused.value)


def test_a_wrong_statement_is_no_outage(database: Database) -> None:
    with pytest.raises(OperationalError, match="no such table"), database.read() as session:
        session.execute(text("SELECT 1 FROM nowhere"))


def test_a_file_that_is_no_database_is_an_outage_with_a_mend(tmp_path: Path) -> None:
    (tmp_path / "gateway.sqlite").write_bytes(b"not a database at all" * 100)
    broken = Database(f"sqlite:///{tmp_path / 'gateway.sqlite'}")
    with pytest.raises(DatabaseUnavailableError, match="give it space and rights"), broken.write() as session:
        session.execute(text("SELECT 1"))
    broken.close()


def test_what_a_failed_transaction_wrote_is_gone(database: Database) -> None:
    def fail_in_the_middle() -> None:
        with database.write() as session:
            session.add(tables.Field(id="field-0001", area="奥谷"))
            session.flush()
            raise InterruptedError

    with pytest.raises(InterruptedError):
        fail_in_the_middle()
    with database.read() as session:
        assert session.get(tables.Field, "field-0001") is None


def test_the_folder_of_the_database_is_made_when_it_is_missing(tmp_path: Path) -> None:
    fresh = Database(f"sqlite:///{tmp_path / 'a' / 'b' / 'gateway.sqlite'}")
    for _ in range(2):
        fresh.create()
    fresh.close()


def test_the_gateways_files_lie_in_its_data_directory_unless_told_otherwise() -> None:
    plain = parse('data_directory = "/var/lib/mimamori"', GatewaySettings, "city.toml")
    assert plain.database.address() == "sqlite:////var/lib/mimamori/gateway.sqlite"
    assert plain.series.file == Path("/var/lib/mimamori/series.sqlite")
    told = parse(
        'data_directory = "/x"\n[series]\nfile = "/y/s.sqlite"\n[database]\nurl = "postgresql+psycopg://a@b/c"',
        GatewaySettings,
        "city.toml",
    )
    assert (told.series.file, told.database.url) == (Path("/y/s.sqlite"), "postgresql+psycopg://a@b/c")


def test_the_databases_password_comes_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("s p/@\n")
    told = parse(
        f'data_directory = "/x"\n[database]\nurl = "postgresql+psycopg://a@b/c"\n'
        f'password_file = "{tmp_path / "password"}"',
        GatewaySettings,
        "city.toml",
    )
    assert make_url(told.database.address()).password == "s p/@"


@pytest.mark.parametrize(
    ("lines", "mend"),
    [
        ('[database]\nurl = "mysql://a@b/c"', "city.toml:3: database.url"),
        ('[database]\nurl = "postgresql+psycopg://a:b@c/d"', "name a password_file"),
        ('[series]\nkind = "influxdb2"', "needs org and token_file"),
        ('[series]\nusername = "u"', "username and password_file go together"),
        ('[series]\nkind = "influx"', "city.toml:3: series.kind"),
        ("tokn = 3", "city.toml:2: tokn = 3: unknown key"),
    ],
)
def test_a_wrong_setting_is_refused_with_its_place_and_mend(lines: str, mend: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        parse(f'data_directory = "/x"\n{lines}\n', GatewaySettings, "city.toml")
    assert mend in str(refused.value)


def test_the_revisions_leave_the_tables_as_the_code_reads_them(database: Database) -> None:
    with database.read() as session:
        difference = compare_metadata(MigrationContext.configure(session.connection()), tables.Base.metadata)
    assert difference == [], 'run `python -m gateway.database "what changes"` and read what it wrote'


def test_an_upgrade_keeps_what_is_stored(database: Database) -> None:
    with database.write() as session:
        session.add(tables.Field(id="field-0001", area="奥谷"))
    database.create()
    with database.read() as session:
        assert session.get_one(tables.Field, "field-0001").area == "奥谷"


def test_a_failed_upgrade_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(connection: Connection) -> None:
        upgrade(connection)
        raise InterruptedError

    fresh = Database(f"sqlite:///{tmp_path / 'gateway.sqlite'}")
    monkeypatch.setattr("gateway.database.upgrade.upgrade", fail)
    with pytest.raises(InterruptedError):
        fresh.create()
    with fresh.read() as session:
        assert inspect(session.connection()).get_table_names() == []
    fresh.close()


@pytest.mark.system
def test_four_processes_that_start_at_once_share_one_upgrade(tmp_path: Path) -> None:
    program = "import sys; from gateway.database.session import Database; Database(sys.argv[1]).create()"
    command = [sys.executable, "-c", program, f"sqlite:///{tmp_path / 'gateway.sqlite'}"]
    running = [subprocess.Popen(command, cwd=REPOSITORY, stderr=subprocess.PIPE) for _ in range(4)]
    words = [process.communicate()[1].decode() for process in running]
    assert [process.returncode for process in running] == [0] * 4, words
