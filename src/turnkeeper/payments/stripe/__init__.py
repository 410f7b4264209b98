"""Stripe's checkout."""

from turnkeeper.payments.stripe.adapter import Stripe

__all__ = ["Stripe"]
