"""Sets of roles."""

from podgraph.kernel.roles import CLIENT, MEMBERS, PAYERS, Role


def test_a_member_requests_work_but_commits_no_money() -> None:
    assert Role.MEMBER in MEMBERS
    assert Role.MEMBER not in CLIENT


def test_read_only_roles_have_no_write_permission() -> None:
    assert (MEMBERS | CLIENT | PAYERS).isdisjoint({Role.VIEWER, Role.ORG_VIEWER})
