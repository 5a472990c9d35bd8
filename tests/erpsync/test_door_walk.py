"""Every address of the hub, as everybody: what each page answers to whom, and that no page tells of other people's shops.

A page without a line in `CASES` fails: say there who may open it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from inventory.models import ShopMembership
from orders.models import Order
from tests.erpsync.admin.worlds import World, managed, rows, world

pytestmark = pytest.mark.django_db

MARK = "OWNSHOP"
MISSING = 999_999_999

# What a GET answers. nobody: not signed in; other: manager of another shop; then viewer, operator and manager of the shop whose
# rows are asked for; super: a superuser. 404 and a redirect to the start (302) are what a missing id answers, too.
CASES = """
-                                             302 302 302 302 302 302
<slug:channel>/<str:app_key>                  405 405 405 405 405 405
<slug:channel>/<str:app_key>/<str:topic>      405 405 405 405 405 405
account                                       302 200 200 200 200 200
account_code                                  302 302 302 302 302 302
account_end_sessions                          302 405 405 405 405 405
account_new_codes                             302 405 405 405 405 405
account_set_up                                302 200 200 200 200 200
account_take_away                             302 405 405 405 405 405
admin/r/                                      404 404 404 404 404 404
admin:<path:object_id>/                       302 302 302 302 302 302
admin:<url>                                   302 404 404 404 404 404
admin:app_list                                302 200 200 200 200 200
admin:auth_user_add                           302 403 403 403 403 200
admin:auth_user_change                        302 403 403 403 403 200
admin:auth_user_changelist                    302 403 403 403 403 200
admin:auth_user_delete                        302 403 403 403 403 403
admin:auth_user_history                       302 403 403 403 403 200
admin:auth_user_password_change               302 403 403 403 403 200
admin:auth_user_take_second_factor_away       302 403 403 403 403 200
admin:autocomplete                            302 403 403 403 403 403
admin:commissions_commissionentry_add         302 403 403 403 403 403
admin:commissions_commissionentry_change      302 302 200 200 200 200
admin:commissions_commissionentry_changelist  302 200 200 200 200 200
admin:commissions_commissionentry_delete      302 403 403 403 403 403
admin:commissions_commissionentry_history     302 302 200 200 200 200
admin:commissions_commissionrule_activate     302 404 403 403 200 200
admin:commissions_commissionrule_add          302 200 403 403 200 200
admin:commissions_commissionrule_back_test    302 404 403 200 200 200
admin:commissions_commissionrule_change       302 404 200 200 200 200
admin:commissions_commissionrule_changelist   302 200 200 200 200 200
admin:commissions_commissionrule_compare      302 404 403 200 200 200
admin:commissions_commissionrule_delete       302 403 403 403 403 403
admin:commissions_commissionrule_duplicate    302 404 403 403 200 200
admin:commissions_commissionrule_edit         302 404 403 403 200 200
admin:commissions_commissionrule_history      302 302 200 200 200 200
admin:commissions_commissionrule_new_version  302 404 403 403 200 200
admin:commissions_commissionrule_on_order     302 404 403 200 200 200
admin:commissions_commissionrule_progress     302 404 200 200 200 200
admin:commissions_commissionentry_report      302 302 302 302 302 302
admin:commissions_commissionentry_report_file 302 404 404 404 404 404
admin:commissions_commissionentry_sums        302 200 200 200 200 200
admin:commissions_commissionrule_rate_tables  302 302 302 302 302 302
admin:commissions_commissionrule_rates        302 200 200 200 200 200
admin:commissions_commissionrule_rates_file   302 404 404 404 404 404
admin:commissions_commissionrule_rates_upload 302 403 403 403 403 200
admin:commissions_commissionrule_starting     302 403 403 403 403 302
admin:commissions_commissionrule_startings    302 403 403 403 403 200
admin:commissions_commissionrule_in_shadow    302 404 403 200 200 200
admin:commissions_commissionrule_run_in_shadow 302 404 403 403 200 200
admin:commissions_commissionrule_withdraw_this 302 404 403 403 200 200
admin:commissions_feematch_add                302 403 403 403 403 403
admin:commissions_feematch_change             302 404 200 200 200 200
admin:commissions_feematch_changelist         302 200 200 200 200 200
admin:commissions_feematch_delete             302 403 403 403 403 403
admin:commissions_feematch_dispute            302 404 403 200 200 200
admin:commissions_feematch_history            302 302 200 200 200 200
admin:commissions_feematch_reopen             302 404 403 200 200 200
admin:commissions_feematch_write_off          302 404 403 200 200 200
admin:commissions_finding_add                 302 403 403 403 403 403
admin:commissions_finding_assign              302 404 403 200 200 200
admin:commissions_finding_change              302 404 200 200 200 200
admin:commissions_finding_changelist          302 200 200 200 200 200
admin:commissions_finding_comment             302 404 403 200 200 200
admin:commissions_finding_delete              302 403 403 403 403 403
admin:commissions_finding_dispute             302 404 403 200 200 200
admin:commissions_finding_evidence            302 404 403 200 200 200
admin:commissions_finding_history             302 302 200 200 200 200
admin:commissions_finding_reopen              302 404 403 200 200 200
admin:commissions_finding_take_over           302 404 403 403 302 302
admin:commissions_finding_write_off           302 404 403 200 200 200
admin:commissions_payout_add                  302 403 403 403 403 403
admin:commissions_payout_change               302 302 200 200 200 200
admin:commissions_payout_changelist           302 200 200 200 200 200
admin:commissions_payout_delete               302 403 403 403 403 403
admin:commissions_payout_history              302 302 200 200 200 200
admin:commissions_payoutmatch_add             302 403 403 403 403 403
admin:commissions_payoutmatch_change          302 302 200 200 200 200
admin:commissions_payoutmatch_changelist      302 200 200 200 200 200
admin:commissions_payoutmatch_delete          302 403 403 403 403 403
admin:commissions_payoutmatch_history         302 302 200 200 200 200
admin:commissions_payoutterm_add              302 200 403 403 200 200
admin:commissions_payoutterm_change           302 302 200 200 200 200
admin:commissions_payoutterm_changelist       302 200 200 200 200 200
admin:commissions_payoutterm_delete           302 302 403 403 200 200
admin:commissions_payoutterm_history          302 302 200 200 200 200
admin:commissions_statementfile_add           302 403 403 403 403 403
admin:commissions_statementfile_change        302 302 200 200 200 200
admin:commissions_statementfile_changelist    302 200 200 200 200 200
admin:commissions_statementfile_delete        302 403 403 403 403 403
admin:commissions_statementfile_history       302 302 200 200 200 200
admin:commissions_statementfile_import        302 200 403 200 200 200
admin:commissions_statementfile_import_files  302 302 403 302 302 302
admin:commissions_statementfile_upload        302 302 302 302 302 302
admin:commissions_statementline_add           302 403 403 403 403 403
admin:commissions_statementline_by_week      302 302 302 302 302 302
admin:commissions_statementline_change        302 302 200 200 200 200
admin:commissions_statementline_changelist    302 200 200 200 200 200
admin:commissions_statementline_delete        302 403 403 403 403 403
admin:commissions_statementline_export       302 404 404 404 404 404
admin:commissions_statementline_history       302 302 200 200 200 200
admin:commissions_statementline_import_files  302 302 403 302 302 302
admin:commissions_statementline_weeks        302 200 200 200 200 200
admin:core_brokenevent_add                    302 403 403 403 403 403
admin:core_brokenevent_change                 302 404 404 404 200 200
admin:core_brokenevent_changelist             302 200 403 403 200 200
admin:core_brokenevent_check_again            302 404 404 404 200 200
admin:core_brokenevent_delete                 302 403 403 403 403 403
admin:core_brokenevent_history                302 302 403 403 200 200
admin:core_brokenevent_leave_out              302 404 404 404 200 200
admin:erpsync_alert_add                       302 403 403 403 403 403
admin:erpsync_alert_change                    302 302 200 200 200 200
admin:erpsync_alert_changelist                302 200 200 200 200 200
admin:erpsync_alert_delete                    302 403 403 403 403 403
admin:erpsync_alert_history                   302 302 200 200 200 200
admin:erpsync_apikey_add                      302 200 403 403 200 200
admin:erpsync_apikey_change                   302 404 404 404 200 200
admin:erpsync_apikey_changelist               302 200 403 403 200 200
admin:erpsync_apikey_delete                   302 403 403 403 403 403
admin:erpsync_apikey_history                  302 302 403 403 200 200
admin:erpsync_apikey_leaked                   302 404 404 404 200 200
admin:erpsync_apikey_rotate                   302 404 404 404 200 200
admin:erpsync_backup_add                      302 403 403 403 403 403
admin:erpsync_backup_change                   302 403 403 403 403 200
admin:erpsync_backup_changelist               302 403 403 403 403 200
admin:erpsync_backup_delete                   302 403 403 403 403 403
admin:erpsync_backup_history                  302 403 403 403 403 200
admin:erpsync_contactpoint_add                302 200 403 403 200 200
admin:erpsync_contactpoint_change             302 404 404 404 200 200
admin:erpsync_contactpoint_changelist         302 200 403 403 200 200
admin:erpsync_contactpoint_delete             302 302 403 403 200 200
admin:erpsync_contactpoint_history            302 302 403 403 200 200
admin:erpsync_contactpoint_switch_off         302 404 404 404 200 200
admin:erpsync_contactpoint_switch_on          302 404 404 404 200 200
admin:erpsync_contactpoint_try_it             302 404 404 404 200 200
admin:erpsync_datarequest_add                 302 403 403 403 403 403
admin:erpsync_datarequest_change              302 302 403 403 200 200
admin:erpsync_datarequest_changelist          302 200 403 403 200 200
admin:erpsync_datarequest_delete              302 403 403 403 403 403
admin:erpsync_datarequest_find                302 200 403 403 200 200
admin:erpsync_datarequest_history             302 302 403 403 200 200
admin:erpsync_shiprun_add                     302 403 403 403 403 403
admin:erpsync_shiprun_change                  302 302 302 302 200 200
admin:erpsync_shiprun_changelist              302 200 200 200 200 200
admin:erpsync_shiprun_delete                  302 403 403 403 403 403
admin:erpsync_shiprun_history                 302 302 302 302 200 200
admin:erpsync_shiprun_progress                302 404 404 404 200 200
admin:erpsync_export_add                      302 403 403 403 403 403
admin:erpsync_export_change                   302 302 302 302 200 200
admin:erpsync_export_changelist               302 200 200 200 200 200
admin:erpsync_export_delete                   302 403 403 403 403 403
admin:erpsync_export_file                     302 404 404 404 404 404
admin:erpsync_export_history                  302 302 302 302 200 200
admin:erpsync_export_progress                 302 404 404 404 200 200
admin:erpsync_signin_add                      302 403 403 403 403 403
admin:erpsync_signin_change                   302 403 403 403 403 200
admin:erpsync_signin_changelist               302 403 403 403 403 200
admin:erpsync_signin_delete                   302 403 403 403 403 403
admin:erpsync_signin_history                  302 403 403 403 403 200
admin:index                                   302 200 200 200 200 200
admin:integrations_appregistration_add        302 403 403 403 403 200
admin:integrations_appregistration_change     302 302 200 200 200 200
admin:integrations_appregistration_changelist 302 200 200 200 200 200
admin:integrations_appregistration_delete     302 403 403 403 403 403
admin:integrations_appregistration_history    302 302 200 200 200 200
admin:integrations_arrangerule_add            302 200 403 403 200 200
admin:integrations_arrangerule_change         302 302 200 200 200 200
admin:integrations_arrangerule_changelist     302 200 200 200 200 200
admin:integrations_arrangerule_delete         302 403 403 403 403 403
admin:integrations_arrangerule_history        302 302 200 200 200 200
admin:integrations_backfillrun_add            302 200 403 200 200 200
admin:integrations_backfillrun_cancel         302 404 403 200 200 200
admin:integrations_backfillrun_change         302 404 200 200 200 200
admin:integrations_backfillrun_changelist     302 200 200 200 200 200
admin:integrations_backfillrun_delete         302 403 403 403 403 403
admin:integrations_backfillrun_history        302 302 200 200 200 200
admin:integrations_backfillrun_pause          302 404 403 200 200 200
admin:integrations_backfillrun_progress       302 404 200 200 200 200
admin:integrations_backfillrun_resume         302 404 403 200 200 200
admin:integrations_command_add                302 403 403 403 403 403
admin:integrations_command_change             302 404 200 200 200 200
admin:integrations_command_changelist         302 200 200 200 200 200
admin:integrations_command_close              302 200 403 200 200 200
admin:integrations_command_close_this         302 404 403 200 200 200
admin:integrations_command_delete             302 403 403 403 403 403
admin:integrations_command_history            302 302 200 200 200 200
admin:integrations_command_reopen_this        302 404 403 200 200 200
admin:integrations_command_retry_this         302 404 403 200 200 200
admin:integrations_connection_add             302 200 403 403 200 200
admin:integrations_connection_agree_again     302 404 403 403 200 200
admin:integrations_connection_change          302 404 200 200 200 200
admin:integrations_connection_changelist      302 200 200 200 200 200
admin:integrations_connection_check_now       302 404 403 200 200 200
admin:integrations_connection_connect_again   302 404 403 403 200 200
admin:integrations_connection_delete          302 403 403 403 403 403
admin:integrations_connection_disconnect      302 404 403 403 200 200
admin:integrations_connection_history         302 302 200 200 200 200
admin:integrations_connection_pause           302 404 403 403 200 200
admin:integrations_connection_resume          302 404 403 403 200 200
admin:integrations_connection_sweep_now       302 404 403 200 200 200
admin:integrations_deliveryattempt_add        302 403 403 403 403 403
admin:integrations_deliveryattempt_change     302 302 403 403 200 200
admin:integrations_deliveryattempt_changelist 302 200 403 403 200 200
admin:integrations_deliveryattempt_delete     302 403 403 403 403 403
admin:integrations_deliveryattempt_history    302 302 403 403 200 200
admin:integrations_eventdelivery_add          302 403 403 403 403 403
admin:integrations_eventdelivery_change       302 302 403 403 200 200
admin:integrations_eventdelivery_changelist   302 200 403 403 200 200
admin:integrations_eventdelivery_delete       302 403 403 403 403 403
admin:integrations_eventdelivery_history      302 302 403 403 200 200
admin:integrations_eventsink_add              302 200 403 403 200 200
admin:integrations_eventsink_change           302 404 404 404 200 200
admin:integrations_eventsink_change_secret    302 404 404 404 200 200
admin:integrations_eventsink_changelist       302 200 403 403 200 200
admin:integrations_eventsink_delete           302 302 403 403 200 200
admin:integrations_eventsink_history          302 302 403 403 200 200
admin:integrations_eventsink_send_again       302 404 404 404 200 200
admin:integrations_eventsink_send_test        302 404 404 404 200 200
admin:integrations_eventsink_switch_off       302 404 404 404 200 200
admin:integrations_eventsink_switch_on        302 404 404 404 200 200
admin:integrations_inboxevent_add             302 403 403 403 403 403
admin:integrations_inboxevent_change          302 404 200 200 200 200
admin:integrations_inboxevent_changelist      302 200 200 200 200 200
admin:integrations_inboxevent_close           302 200 403 200 200 200
admin:integrations_inboxevent_close_this      302 404 403 200 200 200
admin:integrations_inboxevent_delete          302 403 403 403 403 403
admin:integrations_inboxevent_dry_run         302 404 403 200 200 200
admin:integrations_inboxevent_history         302 302 200 200 200 200
admin:integrations_inboxevent_reopen_this     302 404 403 200 200 200
admin:integrations_inboxevent_retry_all       302 200 403 200 200 200
admin:integrations_inboxevent_retry_this      302 404 403 200 200 200
admin:integrations_inboxevent_save_as_case    302 404 403 302 302 302
admin:integrations_printrun_add               302 403 403 403 403 403
admin:integrations_printrun_change            302 404 404 404 200 200
admin:integrations_printrun_changelist        302 200 200 200 200 200
admin:integrations_printrun_delete            302 403 403 403 403 403
admin:integrations_printrun_file              302 404 404 404 405 405
admin:integrations_printrun_history           302 302 302 302 200 200
admin:integrations_printrun_label             302 404 404 404 405 405
admin:integrations_printrun_progress          302 404 404 404 200 200
admin:integrations_printrun_retry_refused     302 404 404 404 200 200
admin:integrations_refusal_add                302 403 403 403 403 403
admin:integrations_refusal_change             302 302 200 200 200 200
admin:integrations_refusal_changelist         302 200 200 200 200 200
admin:integrations_refusal_delete             302 403 403 403 403 403
admin:integrations_refusal_history            302 302 200 200 200 200
admin:inventory_breach_add                    302 403 403 403 403 403
admin:inventory_breach_change                 302 404 404 404 404 200
admin:inventory_breach_changelist             302 403 403 403 403 200
admin:inventory_breach_delete                 302 403 403 403 403 403
admin:inventory_breach_history                302 403 403 403 403 200
admin:inventory_breach_repair                 302 404 404 404 404 200
admin:inventory_listing_add                   302 403 403 403 403 403
admin:inventory_listing_change                302 404 200 200 200 200
admin:inventory_listing_changelist            302 200 200 200 200 200
admin:inventory_listing_delete                302 403 403 403 403 403
admin:inventory_listing_describe              302 404 403 200 200 200
admin:inventory_listing_export                302 404 404 404 404 404
admin:inventory_listing_import                302 404 404 404 404 404
admin:inventory_listing_import_template       302 404 404 404 404 404
admin:inventory_listing_history               302 302 200 200 200 200
admin:inventory_listing_map                   302 200 403 200 200 200
admin:inventory_listing_map_all               302 302 403 302 302 302
admin:inventory_product_add                   302 403 403 403 403 403
admin:inventory_product_change                302 404 200 200 200 200
admin:inventory_product_changelist            302 200 200 200 200 200
admin:inventory_product_delete                302 403 403 403 403 403
admin:inventory_product_export                302 404 404 404 404 404
admin:inventory_product_import                302 404 404 404 404 404
admin:inventory_product_import_template       302 404 404 404 404 404
admin:inventory_product_price_page            302 404 403 200 200 200
admin:inventory_product_prices                302 404 403 200 200 200
admin:inventory_product_reorder               302 302 302 302 302 302
admin:integrations_syncrun_add                302 403 403 403 403 403
admin:integrations_syncrun_change             302 302 200 200 200 200
admin:integrations_syncrun_changelist         302 200 200 200 200 200
admin:integrations_syncrun_delete             302 403 403 403 403 403
admin:integrations_syncrun_history            302 302 200 200 200 200
admin:integrations_syncrun_figures            302 302 302 302 302 302
admin:integrations_syncrun_service            302 200 200 200 200 200
admin:integrations_syncrun_service_file       302 200 200 200 200 200
admin:inventory_product_reorder_list          302 200 200 200 200 200
admin:inventory_product_sell_again            302 404 403 403 403 200
admin:inventory_product_shelves               302 404 403 403 403 403
admin:inventory_product_stop                  302 404 403 403 403 200
admin:inventory_product_history               302 302 200 200 200 200
admin:inventory_productpair_add               302 403 403 403 403 403
admin:inventory_productpair_change            302 404 200 200 200 200
admin:inventory_productpair_changelist        302 200 200 200 200 200
admin:inventory_productpair_delete            302 403 403 403 403 403
admin:inventory_productpair_history           302 302 200 200 200 200
admin:inventory_productpair_proposals         302 200 200 200 200 200
admin:inventory_productpair_proposed          302 302 302 302 302 302
admin:inventory_productpair_undo              302 404 403 403 200 200
admin:inventory_shop_add                      302 403 403 403 403 403
admin:inventory_shop_change                   302 404 200 200 200 200
admin:inventory_shop_changelist               302 200 200 200 200 200
admin:inventory_shop_delete                   302 403 403 403 403 403
admin:inventory_shop_dismiss_guide            302 404 403 403 200 200
admin:inventory_shop_history                  302 302 200 200 200 200
admin:inventory_shopmembership_add            302 200 403 403 200 200
admin:inventory_shopmembership_change         302 302 200 200 200 200
admin:inventory_shopmembership_changelist     302 200 200 200 200 200
admin:inventory_shopmembership_delete         302 302 403 403 200 200
admin:inventory_shopmembership_history        302 302 200 200 200 200
admin:inventory_shopmembership_invite         302 200 403 403 200 200
admin:inventory_stockdrift_add                302 403 403 403 403 403
admin:inventory_stockdrift_change             302 302 200 200 200 200
admin:inventory_stockdrift_changelist         302 200 200 200 200 200
admin:inventory_stockdrift_delete             302 403 403 403 403 403
admin:inventory_stockdrift_history            302 302 200 200 200 200
admin:inventory_stocklevel_add                302 403 403 403 403 403
admin:inventory_stocklevel_change             302 302 200 200 200 200
admin:inventory_stocklevel_changelist         302 200 200 200 200 200
admin:inventory_stocklevel_delete             302 403 403 403 403 403
admin:inventory_stocklevel_history            302 302 200 200 200 200
admin:inventory_warehouse_add                 302 403 403 403 403 403
admin:inventory_warehouse_change              302 302 200 200 200 200
admin:inventory_warehouse_changelist          302 200 200 200 200 200
admin:inventory_warehouse_delete              302 403 403 403 403 403
admin:inventory_warehouse_history             302 302 200 200 200 200
admin:jsi18n                                  302 200 200 200 200 200
admin:login                                   200 302 302 302 302 302
admin:logout                                  302 405 405 405 405 405
admin:orders_customer_add                     302 403 403 403 403 403
admin:orders_customer_change                  302 404 200 200 200 200
admin:orders_customer_changelist              302 200 200 200 200 200
admin:orders_customer_delete                  302 403 403 403 403 403
admin:orders_customer_export                  302 404 404 404 404 404
admin:orders_customer_history                 302 302 200 200 200 200
admin:orders_customer_hold_buyer              302 404 403 200 200 200
admin:orders_customer_release_buyer           302 404 403 200 200 200
admin:orders_handover_add                     302 403 403 403 403 403
admin:orders_handover_begin                   302 302 403 302 302 302
admin:orders_handover_change                  302 404 200 200 200 200
admin:orders_handover_changelist              302 200 200 200 200 200
admin:orders_handover_close_this              302 404 403 200 200 200
admin:orders_handover_code                    302 404 403 405 405 405
admin:orders_handover_delete                  302 403 403 403 403 403
admin:orders_handover_history                 302 302 200 200 200 200
admin:orders_handover_note                    302 404 200 200 200 200
admin:orders_handover_open                    302 200 403 200 200 200
admin:orders_handover_print_note              302 404 403 302 302 302
admin:orders_handover_scan                    302 404 403 200 200 200
admin:orders_handover_scan_parcels            302 404 403 302 302 302
admin:orders_handover_take_back               302 404 403 200 200 200
admin:orders_order_accept_cancellation        302 404 403 200 200 200
admin:orders_order_add                        302 403 403 403 403 403
admin:orders_order_add_note                   302 404 403 200 200 200
admin:orders_order_cancel                     302 404 403 200 200 200
admin:orders_order_change                     302 404 200 200 200 200
admin:orders_order_changelist                 302 200 200 200 200 200
admin:orders_order_delete                     302 403 403 403 403 403
admin:orders_order_deliver                    302 404 403 200 200 200
admin:orders_order_fetch_this_again           302 404 403 200 200 200
admin:orders_order_export                     302 404 404 404 404 404
admin:orders_order_history                    302 302 200 200 200 200
admin:orders_order_hold                       302 404 403 200 200 200
admin:orders_order_leave_wave                 302 404 403 200 200 200
admin:orders_order_lines                      302 404 200 200 200 200
admin:orders_order_print_one                  302 404 403 200 200 200
admin:orders_order_refresh_tracking           302 404 403 200 200 200
admin:orders_order_reject_cancellation        302 404 403 200 200 200
admin:orders_order_release                    302 404 403 200 200 200
admin:orders_order_retry_refused              302 404 403 200 200 200
admin:orders_order_save_as_case               302 404 403 302 302 302
admin:orders_order_set_tags                   302 404 403 200 200 200
admin:orders_ordertag_add                     302 403 403 403 403 403
admin:orders_ordertag_change                  302 404 403 403 200 200
admin:orders_ordertag_changelist              302 200 403 403 200 200
admin:orders_ordertag_delete                  302 403 403 403 403 403
admin:orders_ordertag_delete_tag              302 404 403 403 200 200
admin:orders_ordertag_history                 302 302 403 403 200 200
admin:orders_ordertag_merge                   302 404 403 403 200 200
admin:orders_order_ship                       302 404 403 200 200 200
admin:orders_packedparcel_add                 302 403 403 403 403 403
admin:orders_packedparcel_change              302 404 200 200 200 200
admin:orders_packedparcel_changelist          302 200 200 200 200 200
admin:orders_packedparcel_code                302 405 403 405 405 405
admin:orders_packedparcel_delete              302 403 403 403 403 403
admin:orders_packedparcel_history             302 302 200 200 200 200
admin:orders_packedparcel_open_scanning       302 302 403 302 302 302
admin:orders_packedparcel_pack_anew           302 404 403 200 200 200
admin:orders_packedparcel_scan                302 200 403 200 200 200
admin:orders_parcelphoto_add                  302 403 403 403 403 403
admin:orders_parcelphoto_change               302 404 200 200 200 200
admin:orders_parcelphoto_changelist           302 200 200 200 200 200
admin:orders_parcelphoto_delete               302 403 403 403 403 403
admin:orders_parcelphoto_delete_file          302 404 403 403 200 200
admin:orders_parcelphoto_file                 302 404 404 404 404 404
admin:orders_parcelphoto_history              302 302 200 200 200 200
admin:orders_parcelphoto_upload               302 405 403 405 405 405
admin:orders_return_accept                    302 404 403 200 200 200
admin:orders_return_add                       302 403 403 403 403 403
admin:orders_return_change                    302 404 200 200 200 200
admin:orders_return_changelist                302 200 200 200 200 200
admin:orders_return_delete                    302 403 403 403 403 403
admin:orders_return_export                    302 404 404 404 404 404
admin:orders_return_history                   302 302 200 200 200 200
admin:orders_return_receive                   302 404 403 200 200 200
admin:orders_return_reject                    302 404 403 200 200 200
admin:orders_returnline_add                   302 403 403 403 403 403
admin:orders_returnline_change                302 404 200 200 200 200
admin:orders_returnline_changelist            302 200 200 200 200 200
admin:orders_returnline_delete                302 403 403 403 403 403
admin:orders_returnline_done                  302 404 403 200 200 200
admin:orders_returnline_history               302 302 200 200 200 200
admin:orders_wave_add                         302 403 403 403 403 403
admin:orders_wave_change                      302 404 200 200 200 200
admin:orders_wave_changelist                  302 200 200 200 200 200
admin:orders_wave_delete                      302 403 403 403 403 403
admin:orders_wave_dissolve                    302 404 403 200 200 200
admin:orders_wave_history                     302 302 200 200 200 200
admin:orders_wave_make                        302 302 403 302 302 302
admin:orders_wave_make_waves                  302 200 403 200 200 200
admin:orders_wave_packing_lists               302 404 200 200 200 200
admin:orders_wave_pick_list                   302 404 200 200 200 200
admin:orders_wave_print_packing_lists         302 404 403 302 302 302
admin:orders_wave_print_pick_list             302 404 403 302 302 302
admin:orders_wave_print_wave_labels           302 404 403 200 200 200
admin:orders_wave_set_handed_over             302 404 403 200 200 200
admin:orders_wave_set_packed                  302 404 403 200 200 200
admin:orders_wave_start                       302 404 403 200 200 200
admin:password_change                         302 200 200 200 200 200
admin:password_change_done                    302 200 200 200 200 200
admin:search                                  302 200 200 200 200 200
admin:view_on_site                            404 404 404 404 404 404
connect_leave                                 302 405 405 405 405 405
connect_return                                302 400 403 403 400 400
dashboard_parts                               302 200 200 200 200 200
filter_delete                                 302 405 405 405 405 405
filter_save                                   302 405 405 405 405 405
invitation                                    404 404 404 404 404 404
set_language                                  302 302 302 302 302 302
webhook                                       405 405 405 405 405 405
webhook_topic                                 405 405 405 405 405 405
"""

ROLES = ("nobody", "other", "viewer", "operator", "manager", "super")


def cases() -> dict[str, tuple[int, ...]]:
    found = {}
    for line in CASES.strip().splitlines():
        name, *codes = line.split()
        found[name] = tuple(map(int, codes))
    return found


def pages(patterns: Any = None, prefix: str = "/", space: str = "") -> Iterator[tuple[str, str]]:
    """Yield (name, address with its parameters in angle brackets) of every page there is."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = re.sub(r"^\^|\$$", "", str(pattern.pattern))
        if getattr(pattern, "namespace", None) == "api":
            continue  # tests/erpsync/api/test_tenant_walk.py
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from pages(pattern.url_patterns, prefix + route, inner)
        elif isinstance(pattern, URLPattern):
            route = re.sub(r"\(\?P(<\w+>)[^)]*\)", r"\1", route)
            yield space + (pattern.name or route or "-"), (prefix + route).replace("\\Z", "").replace("\\", "")


def own_key(name: str, own: World) -> Any:
    """Return the key of a row of the world that an object's page is asked for."""
    for model in managed():
        meta = model._meta
        if name.startswith(f"admin:{meta.app_label}_{meta.model_name}_"):
            found = [row for row in model._default_manager.order_by("pk") if MARK in str(vars(row)) or _is_of(row, own)]
            return (
                found[0].pk
                if found
                else model._default_manager.order_by("pk").values_list("pk", flat=True).first() or MISSING
            )
    return own.order.pk


def _is_of(row: Any, own: World) -> bool:
    order = getattr(row, "order", None)
    return getattr(row, "shop_id", None) == own.shop.pk or (isinstance(order, Order) and order.shop_id == own.shop.pk)


def filled(name: str, route: str, own: World, key: Any) -> str:
    values = {
        "object_id": key, "id": key, "app_id": own.app.pk, "channel": own.shop.channel, "key": own.app.key, "topic": "orders",
        "app_label": "orders", "content_type_id": ContentType.objects.get_for_model(Order).pk, "url": "no-such-page/",
        "connection_id": own.connection.pk,
    }  # fmt: skip

    def value(match: re.Match[str]) -> str:
        return str(values.get(match[1].rpartition(":")[2], key))

    return re.sub(r"<([^>]+)>", value, route)


@pytest.fixture
def own() -> World:
    return world(MARK)


@pytest.fixture
def clients(own: World) -> dict[str, Client]:
    found = {"nobody": Client()}
    users = {"other": world("ZZ").manager, "manager": own.manager}
    for role in ("viewer", "operator"):
        users[role] = get_user_model().objects.create_user(role, password="x", is_staff=True)
        ShopMembership.objects.create(user=users[role], shop=own.shop, role=role)
    users["super"] = get_user_model().objects.create_superuser("super", password="x")
    for role, user in users.items():
        found[role] = Client(raise_request_exception=False)
        found[role].force_login(user)
    return found


def text(answer: HttpResponseBase) -> str:
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
    return body.decode(errors="replace")


def anonymous(answer: HttpResponseBase) -> tuple[int, str, str]:
    """An answer without its ids and tokens: what a stranger could tell two answers apart by."""
    ids = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d+"
    bare = re.sub(rf'csrfmiddlewaretoken" value="\w+"|"X-CSRFToken": "\w+"|{ids}', "", text(answer))
    return answer.status_code, re.sub(ids, "", str(answer.headers.get("Location", ""))), bare


def test_every_page_answers_everybody_as_written_here(own: World, clients: dict[str, Client]) -> None:
    expected = cases()
    walked = dict(pages())
    assert len(walked) > 80
    seen = {
        name: tuple(clients[role].get(filled(name, route, own, own_key(name, own))).status_code for role in ROLES)
        for name, route in sorted(walked.items())
    }
    table = "\n".join(
        f"{name} {' '.join(map(str, codes))}" for name, codes in seen.items() if expected.get(name) != codes
    )
    assert not table, f"pages without a case, or that answer otherwise than their case says:\n{table}"


def test_no_page_tells_of_other_peoples_shops_and_foreign_ids_answer_like_missing_ones(
    own: World, clients: dict[str, Client]
) -> None:
    compared = 0
    for name, route in pages():
        key = own_key(name, own)
        for role in ("nobody", "other"):
            foreign = clients[role].get(filled(name, route, own, key))
            assert MARK not in text(foreign), (name, role)
            if "object_id>" in route:
                assert anonymous(foreign) == anonymous(clients[role].get(filled(name, route, own, MISSING))), (
                    name,
                    role,
                )
                compared += 1
    assert compared > 80


def test_a_stranger_changes_nothing_wherever_he_posts(own: World, clients: dict[str, Client]) -> None:
    before, logged = rows(), LogEntry.objects.count()
    pages_of_rows = [(name, route) for name, route in pages() if name.startswith("admin:") and "object_id>" in route]
    for name, route in pages_of_rows:
        for role in ("nobody", "other"):
            answer = clients[role].post(filled(name, route, own, own_key(name, own)), {"post": "yes", "_save": "1"})
            assert answer.status_code in (302, 403, 404, 405), (name, role, answer.status_code)
    assert rows() == before
    assert LogEntry.objects.count() == logged
    assert len(pages_of_rows) > 60


def test_every_model_has_its_pages_walked() -> None:
    walked = {name for name, _ in pages()}
    for model in managed():
        assert f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist" in walked
    assert len(admin.site._registry) >= len(managed())
