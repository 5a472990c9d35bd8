"""Port `StatementFiles`: what Vietnamese sellers download from Seller Center."""

from __future__ import annotations

from integrations.connectors.tiktok_shop.statement_files.others import ORDER_LIST, UNSETTLED
from integrations.connectors.tiktok_shop.statement_files.settled import SETTLED
from integrations.contract.statement_files import StatementFiles

STATEMENT_FILES = StatementFiles(profiles=(SETTLED, UNSETTLED, ORDER_LIST))
