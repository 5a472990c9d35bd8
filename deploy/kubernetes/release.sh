#!/usr/bin/env bash
# Release an image: release.sh IMAGE [rolling|canary|blue|green]
# The tables first: each release's tables serve the release before it as well. Then its processes; what does not become ready within
# ten minutes is rolled back. `canary` starts one pod of IMAGE behind each door and leaves all others as they are. `blue` or `green`
# starts IMAGE in that colour, which nobody reaches before switch.sh.
set -euo pipefail
cd "$(dirname "$0")"
image=${1:?"usage: release.sh IMAGE [rolling|canary|blue|green]"}
way=${2:-rolling}
namespace=erpsync

render() { kubectl kustomize "$1" | sed "s|image: erpsync:release|image: $image|"; }

wait_for() { kubectl -n "$namespace" rollout status --timeout=10m deployment -l "app.kubernetes.io/name=erpsync,$1"; }

kubectl -n "$namespace" delete job migrate --ignore-not-found
render overlays/migrate | kubectl apply -f -
kubectl -n "$namespace" wait --for=condition=complete --timeout=30m job/migrate

case $way in
  rolling)
    render overlays/rolling | kubectl apply -f -
    wait_for erpsync/track!=canary || { ./rollback.sh; exit 1; }
    ;;
  canary)
    render overlays/canary | kubectl apply -f - -l erpsync/track=canary
    wait_for erpsync/track=canary || { ./rollback.sh canary; exit 1; }
    ;;
  blue | green)
    render overlays/blue-green | kubectl apply -f - -l "erpsync/colour=$way"
    wait_for "erpsync/colour=$way"
    echo "ready: ./switch.sh $way"
    ;;
  *)
    echo "unknown way $way: rolling, canary, blue or green" >&2
    exit 2
    ;;
esac
