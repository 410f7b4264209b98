"""Write to the bot without an account: a fake of Meta's API, and a person on it.

python try_it.py [PORT]: the server is on 8088, the fake on PORT (8089).
"""

import asyncio
import sys

from turnkeeper.testing.fake_graph import FakeGraph, running_fake_graph

WEBHOOK = "http://127.0.0.1:8088/webhooks/shop"


async def main(port: int, webhook: str = WEBHOOK) -> None:
    fake = FakeGraph("secret", "verify", "token", webhook)  # the three secrets of turnkeeper.toml
    async with running_fake_graph(fake, port=port):
        ada = await fake.person("15551234567", name="Ada")
        for text in ("hello", "it is about", "order 1001"):
            print(f"Ada:  {text}")
            await ada.write(text)
        print(f"shop: {(await ada.next_message()).text}")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 8089))
