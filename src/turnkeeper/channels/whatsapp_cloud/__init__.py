"""WhatsApp through Meta's Cloud API."""

from turnkeeper.channels.whatsapp_cloud.adapter import WhatsAppCloud, WhatsAppCloudConfig

__all__ = ["WhatsAppCloud", "WhatsAppCloudConfig"]
