"""What the doctor says of tool servers, against a real one."""

import shutil
import sys
from pathlib import Path

from tests.llm import mcp_shop
from turnkeeper.app.link import Link
from turnkeeper.app.tool_checkup import examine_servers
from turnkeeper.config import load

SHOP = Path(mcp_shop.__file__)
NOWHERE = "http://127.0.0.1:9/mcp"


async def look(folder: Path, table: str) -> Link:
    path = folder / "turnkeeper.toml"
    path.write_text(f'[tools.shop]\nkind = "mcp"\n{table}\n', "utf-8")
    (link,) = await examine_servers(load(path, {"PYTHON": sys.executable}))
    return link


async def test_servers_over_http(tmp_path: Path) -> None:
    async with mcp_shop.serving() as url:
        found = await look(tmp_path, f'url = "{url}"\nonly = ["find"]')
        assert found == Link("tools shop", "ok", "offers find")
        wrong = await look(tmp_path, f'url = "{url}"\nonly = ["fnid"]\neffects = ["find", "drop"]')
        assert (wrong.state, wrong.detail) == ("broken", "does not offer fnid, drop")
        assert wrong.mend is not None
        assert wrong.mend.startswith("Mend tools.shop.only and tools.shop.effects. Known: find, ")
    away = await look(tmp_path, f'url = "{NOWHERE}"')
    assert (away.state, away.mend) == ("broken", "Mend tools.shop.url, or start the server.")
    assert away.detail.startswith("cannot be reached: ConnectError")


async def test_a_program_starts_beside_the_configuration(tmp_path: Path) -> None:
    shutil.copy(SHOP, tmp_path / "shelf.py")
    found = await look(tmp_path, 'command = ["env:PYTHON", "shelf.py"]\nonly = ["who"]')
    assert found == Link("tools shop", "ok", "offers who")
