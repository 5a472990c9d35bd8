"""The only writers of orders. Order rows are locked first, in id order; then inventory's levels, then its listings."""
