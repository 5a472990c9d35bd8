#!/usr/bin/env bash
# Go back: rollback.sh [canary]
# Every Deployment goes back to its image before the last one; `canary` takes the canary away. Tables stay: the release before works
# on them. Blue-green goes back with switch.sh.
set -euo pipefail
namespace=erpsync

if [ "${1:-}" = canary ]; then
  kubectl -n "$namespace" delete deployment,hpa -l erpsync/track=canary
  exit
fi
deployments=$(kubectl -n "$namespace" get deployment -l 'app.kubernetes.io/name=erpsync,erpsync/track!=canary' -o name)
for deployment in $deployments; do
  kubectl -n "$namespace" rollout undo "$deployment"
done
for deployment in $deployments; do
  kubectl -n "$namespace" rollout status --timeout=10m "$deployment"
done
