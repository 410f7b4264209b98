"""Fakes of Wablas and WhatsApp Center, which refuse what these refuse, as far as that is known.

    fake = FakeWablas("token", "key")
    with serving_gateway(fake):                      # fake.base_url is the channel's base_url
        fake.webhook_url = "http://127.0.0.1:8088/webhooks/shop/SECRET"
        fake.write("6281234567890", "hello")
        fake.wait(lambda: fake.person("6281234567890").texts == ["Hello!"])

They know nothing of the rest of this project: a bug that they shared with what they test would hide.
"""

from turnkeeper.testing.fake_gateways.gateway import FakeGateway, Fault, Got, Person, Posted, serving_gateway
from turnkeeper.testing.fake_gateways.wablas import FakeWablas
from turnkeeper.testing.fake_gateways.whacenter import FakeWhaCenter

__all__ = ["FakeGateway", "FakeWablas", "FakeWhaCenter", "Fault", "Got", "Person", "Posted", "serving_gateway"]
