"""A fake of a Razorpay account: payment links, payments, refunds, signed webhooks, and people who pay.

    fake = FakeRazorpay("rzp_test_key", "secret", "hook-secret")
    with serve_in_thread(fake) as here:                  # turnkeeper.testing.loopback; here.base_url is the api_base
        fake.webhook_url = "http://127.0.0.1:8088/webhooks/payments/razorpay"
        here.call(fake.pay(link, method="upi"))          # its id, our reference or its address
        fake.tells = "twice"                             # or "never", "held" and then fake.release()
        fake.fail_next(Fault(status=500, acts=True))     # done, and not said

It knows nothing of the rest of this project: a bug that it shared with what it tests would hide.
"""

from turnkeeper.testing.fake_razorpay.fake import FakeRazorpay
from turnkeeper.testing.payment_desk import Fault, NotPayable, Told

__all__ = ["FakeRazorpay", "Fault", "NotPayable", "Told"]
