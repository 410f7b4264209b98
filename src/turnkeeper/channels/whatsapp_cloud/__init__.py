"""WhatsApp through Meta's Cloud API."""

from turnkeeper.channels.whatsapp_cloud.adapter import WhatsAppCloud, WhatsAppCloudConfig
from turnkeeper.channels.whatsapp_cloud.keys import WhatsAppCloudKeys

__all__ = ["WhatsAppCloud", "WhatsAppCloudConfig", "WhatsAppCloudKeys"]
