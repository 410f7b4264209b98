"""Razorpay's payment links."""

from turnkeeper.payments.razorpay.adapter import Razorpay

__all__ = ["Razorpay"]
