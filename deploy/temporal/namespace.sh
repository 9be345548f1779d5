#!/bin/sh
# Makes the namespace TEMPORAL_NAMESPACE with the retention RETENTION and our search attributes at TEMPORAL_ADDRESS. What is
# there stays: a longer retention and attributes of others are not touched. Can be run again at any time.
set -eu
retention=${RETENTION:-30d}
tries_left=60

# Runs a command until it succeeds; the last try says why it does not.
patiently() {
  until "$@" >/dev/null 2>&1; do
    tries_left=$((tries_left - 1))
    if [ "$tries_left" -le 0 ]; then
      echo "given up at $TEMPORAL_ADDRESS: $*" >&2
      "$@"
      return
    fi
    sleep 2
  done
}

# The port answers before the services behind it have found each other.
patiently temporal operator cluster health

if temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; then
  echo "namespace $TEMPORAL_NAMESPACE is there"
else
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "$retention"
fi

# The server looks for new namespaces every some seconds, and knows none before.
patiently temporal operator search-attribute create --namespace "$TEMPORAL_NAMESPACE" \
  --name FractalWorkflow --type Keyword \
  --name FractalBackend --type Keyword \
  --name FractalDataset --type Keyword \
  --name FractalJobId --type Int \
  --name FractalStatus --type Keyword
echo 'search attributes are there'
