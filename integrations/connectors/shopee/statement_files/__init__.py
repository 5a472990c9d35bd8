"""Port `StatementFiles`: what Vietnamese sellers download from the seller centre."""

from __future__ import annotations

from integrations.connectors.shopee.statement_files.balance import BALANCE
from integrations.connectors.shopee.statement_files.income import INCOME
from integrations.connectors.shopee.statement_files.order_list import ORDER_LIST
from integrations.contract.statement_files import StatementFiles

STATEMENT_FILES = StatementFiles(profiles=(INCOME, BALANCE, ORDER_LIST))
