"""Every Sitoo behaviour that is not documented with certainty, as a switch that scenarios and tests turn."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Modes:
    """Defaults are the plausible or the documented reading; each field can be set through the `modes` action.

    Lists and answers
      max_num: largest page; a larger `num` is cut to it. batch_of_one_bare: a batch with one element answers the bare value.
      sku_filter_ignores_case: a `sku` filter also finds SKUs that differ in case only.
      throttle_header: how a 429 says when to come back: retry_after (seconds) | reset (epoch seconds) | none. throttle_seconds: that time.
    Stock
      negative_totals: a till may sell below zero; else levels stop at 0.
      late_share, late_seconds: this share of transactions gets its id now and becomes visible `late_seconds` later.
      late_levels: the level of such a transaction becomes visible with it (else at once).
      id_gap: each new transaction id skips up to this many ids, as if other sites used them.
      unknown_transfer_types: transfers carry undocumented codes (60 out, 70 in) instead of 20 and 10.
      one_open_batch: a second open batch of one type and warehouse is refused.
    Reservations
      bookings_reserve, parked_reserve: open bookings (100) and parked sales (110) count in decimalreserved.
      undated_orders_reserve: an open order with a warehouse reserves without `datereserved`.
      reservation_moves_date: making or ending a reservation moves datelastmodified.
      available_ignores_reserved: decimalavailable equals decimaltotal.
    Orders
      single_order_fields: `fields` limits a single order too (else it comes whole).
      refuse_duplicate_externalid: else a second order with the same externalid is created.
      closed_undelivered: POST takes a closed order (state 10) with undelivered rows (else 400).
      order_read_lag: a POSTed order shows in lists only after so many seconds (a single order is there at once).
      put_replaces_rows: PUT with orderitems replaces undelivered rows (else 400).
      put_merges_additionaldata: PUT adds to additionaldata (else it replaces it whole).
      cancel_delivered: PUT may cancel an order of which something is delivered (else 400).
      closed_delivers: a closed order takes deliveries by API (else 400).
      full_delivery_closes: a delivery by API that completes an order also closes it.
      ignore_stock_covers_returns: delivery-ignore-stock on the original also suppresses the stock-in of its return.
      ignored_delivery_covers_returns: a delivery made with ?ignorestock=true does too.
      refund_link: where a till's refund names its original: both | creditorderid | additionaldata.
      refund_delivery_delay: a till refund's delivery, and with it the stock-in, follows its order after so many seconds.
      away_mark: how a sale that is to be delivered later shows it: address (delivery_*) | pickup (delivery-pickup-warehouseid) |
        rows (deliveryinfo) | none (undelivered rows only). away_state: its state meanwhile, 0 or 10.
    Events
      older_status_rule: 200 or 4xx except 429 removes a batch and everything else is retried (else only 429, 503, 504 are retried).
      retry_unanswered: a timeout or a cut connection is retried (else the batch is dropped).
      transaction_event_ids: warehouse-transaction events name warehouse and transaction. transaction_events: they are sent at all.
      closed_as_type: order_event_type is `closed` (else `update` with order_state_changed). parked_events: parked sales announce themselves.
    """

    max_num: int = 1000
    batch_of_one_bare: bool = False
    sku_filter_ignores_case: bool = False
    throttle_header: str = "retry_after"
    throttle_seconds: float = 1.0

    negative_totals: bool = True
    late_share: float = 0.0
    late_seconds: float = 0.0
    late_levels: bool = False
    id_gap: int = 0
    unknown_transfer_types: bool = False
    one_open_batch: bool = True

    bookings_reserve: bool = True
    parked_reserve: bool = False
    undated_orders_reserve: bool = False
    reservation_moves_date: bool = False
    available_ignores_reserved: bool = False

    single_order_fields: bool = True
    refuse_duplicate_externalid: bool = True
    closed_undelivered: bool = True
    order_read_lag: float = 0.0
    put_replaces_rows: bool = False
    put_merges_additionaldata: bool = False
    cancel_delivered: bool = True
    closed_delivers: bool = True
    full_delivery_closes: bool = False
    ignore_stock_covers_returns: bool = False
    ignored_delivery_covers_returns: bool = False
    refund_link: str = "both"
    refund_delivery_delay: float = 0.0
    away_mark: str = "address"
    away_state: int = 0

    older_status_rule: bool = False
    retry_unanswered: bool = True
    transaction_event_ids: bool = True
    transaction_events: bool = True
    closed_as_type: bool = False
    parked_events: bool = False
