"""A fake of a Stripe account: checkouts, refunds, idempotency keys, signed webhooks, and people who pay.

    fake = FakeStripe("sk_test_key", "whsec_hook")
    with serve_in_thread(fake) as here:                  # turnkeeper.testing.loopback; here.base_url is the api_base
        fake.webhook_url = "http://127.0.0.1:8088/webhooks/payments/stripe"
        here.call(fake.pay(checkout, method="card"))     # its id, our reference or its address
        fake.tells = "twice"                             # or "never", "held" and then fake.release()
        fake.fail_next(Fault(status=500, acts=True))     # done, not said, and kept under the key

It knows nothing of the rest of this project: a bug that it shared with what it tests would hide.
"""

from turnkeeper.testing.fake_stripe.fake import FakeStripe
from turnkeeper.testing.payment_desk import Fault, NotPayable, Told

__all__ = ["FakeStripe", "Fault", "NotPayable", "Told"]
