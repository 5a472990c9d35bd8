#!/usr/bin/env bash
# Point both doors at a colour: switch.sh blue|green. Workers, schedule and relay take the image of that colour.
set -euo pipefail
colour=${1:?"usage: switch.sh blue|green"}
namespace=erpsync

for door in web receiver; do
  kubectl -n "$namespace" rollout status --timeout=1m "deployment/$door-$colour"
done
image=$(kubectl -n "$namespace" get deployment "web-$colour" -o 'jsonpath={.spec.template.spec.containers[0].image}')
for door in web receiver; do
  kubectl -n "$namespace" patch service "$door" --type merge -p "{\"spec\": {\"selector\": {\"erpsync/colour\": \"$colour\"}}}"
done
for hand in worker-live worker-bulk schedule relay; do
  kubectl -n "$namespace" set image "deployment/$hand" "hub=$image"
done
