"""``mimamori registry load``: a whole file or nothing."""

import pytest
from sqlalchemy import select

from cli.demo.site import Site
from gateway.database import tables
from gateway.database.session import Database
from tests.cli.conftest import Run, line_of, spoil

WHOLE = "1 homes, 1 fields, 2 devices, 5 people\n"


def people(site: Site) -> dict[str, str]:
    """Id to role, as the database knows them."""
    database = Database(f"sqlite:///{site.directory / 'gateway.sqlite'}")
    try:
        database.create()
        with database.read() as session:
            return {person.id: person.role for person in session.scalars(select(tables.Person))}
    finally:
        database.close()


@pytest.fixture
def registry(site: Site):
    return site.directory / "registry.toml"


def test_a_registry_is_taken_over_and_counted(run: Run, site: Site, registry) -> None:
    said = run("registry", "load", site.city_file, registry)
    assert (said.status, said.out) == (0, WHOLE)
    assert people(site)["person-0002"] == "minsei_iin"


def test_loading_the_same_file_again_changes_nothing(run: Run, site: Site, registry) -> None:
    run("registry", "load", site.city_file, registry)
    before = people(site)
    assert run("registry", "load", site.city_file, registry).out == WHOLE
    assert people(site) == before


def test_a_mended_file_takes_the_place_of_the_old_one(run: Run, site: Site, registry) -> None:
    run("registry", "load", site.city_file, registry)
    spoil(registry, 'role = "desk"', 'role = "technician"')
    assert run("registry", "load", site.city_file, registry).status == 0
    assert people(site)["person-0005"] == "technician"


def test_a_wrong_file_is_refused_with_its_line_and_the_old_one_stays(run: Run, site: Site, registry) -> None:
    run("registry", "load", site.city_file, registry)
    before = people(site)
    spoil(registry, 'role = "desk"', 'role = "technician"')
    spoil(registry, '["person-0001"]', '["person-0009"]')
    said = run("registry", "load", site.city_file, registry)
    assert said.status == 1
    assert said.err.startswith(f"{registry}:{line_of(registry, 'person-0009')}: ")
    assert "no such person: add a [[people]] table" in said.err
    assert people(site) == before


def test_a_file_that_is_not_there_is_named(run: Run, site: Site) -> None:
    said = run("registry", "load", site.city_file, site.directory / "absent.toml")
    assert said.status == 1
    assert "absent.toml" in said.err
    assert said.out == ""
