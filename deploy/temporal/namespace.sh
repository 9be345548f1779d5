#!/bin/sh
# Makes the namespace TEMPORAL_NAMESPACE with the retention RETENTION and our search attributes at TEMPORAL_ADDRESS. What is
# there stays: a longer retention and attributes of others are not touched. Can be run again at any time.
set -eu
retention=${RETENTION:-30d}
tries_left=60

# The port answers before the services behind it have found each other.
until temporal operator cluster health >/dev/null 2>&1; do
  tries_left=$((tries_left - 1))
  if [ "$tries_left" -eq 0 ]; then
    echo "the server at $TEMPORAL_ADDRESS is not healthy after two minutes" >&2
    temporal operator cluster health
    exit 1
  fi
  sleep 2
done

if temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; then
  echo "namespace $TEMPORAL_NAMESPACE is there"
else
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "$retention"
fi

temporal operator search-attribute create --namespace "$TEMPORAL_NAMESPACE" \
  --name FractalBackend --type Keyword \
  --name FractalDataset --type Keyword \
  --name FractalJobId --type Int
