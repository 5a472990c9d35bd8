"""Labels of channels that answer for one parcel at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from integrations.contract.access import Access
from integrations.contract.errors import ChannelError, NotAuthorised
from integrations.contract.labels import FetchLabels, Label, ParcelRef


def one_by_one(fetch_label: Callable[[Access, ParcelRef], Label]) -> FetchLabels:
    """Return a fetch of several parcels, made of one that fetches a single label or raises as connectors do."""

    def fetch(access: Access, parcels: Sequence[ParcelRef]) -> Mapping[ParcelRef, Label | ChannelError]:
        found: dict[ParcelRef, Label | ChannelError] = {}
        for parcel in parcels:
            try:
                found[parcel] = fetch_label(access, parcel)
            except NotAuthorised:
                raise
            except ChannelError as error:
                found[parcel] = error
        return found

    return fetch
