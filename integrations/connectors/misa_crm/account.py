"""The tenant of MISA CRM: its health."""

from __future__ import annotations

from integrations.connectors.misa_crm.client import TenantClient
from integrations.connectors.misa_crm.mapping import states
from integrations.contract.access import Access
from integrations.contract.connector import Health


def check(access: Access) -> Health:
    """Read a page of one customer and parse the labels of states. Raises Rejected for labels that are malformed."""
    states.of_settings(access.settings)
    TenantClient(access).get("/Customers", (("page", "0"), ("pageSize", "1")))
    return Health(access.shop_id)
