"""Sets of roles."""

from podgraph.kernel.roles import CLIENT, MEMBERS, PAYERS, Role


def test_a_member_asks_for_work_but_commits_no_money() -> None:
    assert Role.MEMBER in MEMBERS
    assert Role.MEMBER not in CLIENT


def test_who_only_reads_is_in_no_set_that_acts() -> None:
    assert (MEMBERS | CLIENT | PAYERS).isdisjoint({Role.VIEWER, Role.ORG_VIEWER})
