"""Fakes of Wablas and WhatsApp Center, which refuse what these refuse, as far as that is known.

    fake = FakeWablas("token", "key")
    with serve_in_thread(fake) as here:              # turnkeeper.testing.loopback; here.base_url is the channel's
        fake.webhook_url = "http://127.0.0.1:8088/webhooks/shop/SECRET"
        here.call(fake.write("6281234567890", "hello"))
        here.now(lambda: fake.person("6281234567890").texts)

They know nothing of the rest of this project: a bug that they shared with what they test would hide.
"""

from turnkeeper.testing.fake_gateways.gateway import FakeGateway, Fault, Got, Person, Posted
from turnkeeper.testing.fake_gateways.wablas import FakeWablas
from turnkeeper.testing.fake_gateways.whacenter import FakeWhaCenter

__all__ = ["FakeGateway", "FakeWablas", "FakeWhaCenter", "Fault", "Got", "Person", "Posted"]
