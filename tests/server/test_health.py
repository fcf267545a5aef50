from conftest import Server
from podgraph.settings import Settings
from serving import SECRET, serving


async def test_a_live_server_reports_ok(demo_url: str) -> None:
    async with serving(Settings(demo_url, SECRET)) as client:
        answer = await client.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_a_server_with_its_database_is_ready(demo_url: str) -> None:
    async with serving(Settings(demo_url, SECRET)) as client:
        answer = await client.get("/ready")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ready", "checks": {"database": "ok", "migrations": "ok"}}


async def test_a_database_without_tables_is_not_ready(server: Server) -> None:
    async with serving(Settings(server.blank(), SECRET)) as client:
        answer = await client.get("/ready")
    assert answer.status_code == 503
    assert answer.json() == {"status": "not ready", "checks": {"database": "ok", "migrations": "failed"}}


async def test_without_a_database_the_server_is_live_but_not_ready() -> None:
    async with serving(Settings("postgresql://user@127.0.0.1:1/name", SECRET)) as client:
        assert (await client.get("/health")).status_code == 200
        assert (await client.get("/ready")).json()["checks"] == {"database": "failed", "migrations": "failed"}
