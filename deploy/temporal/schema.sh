#!/bin/sh
# Makes Temporal's two databases where they are missing and brings their tables to the version of this image's tools.
# Reads SQL_PLUGIN, SQL_HOST, SQL_PORT, SQL_USER and SQL_PASSWORD. Can be run again at any time, also with the server up.
set -eu
schemas=/etc/temporal/schema/postgresql/v12

bring_up() {
  database=$1
  versions=$2
  echo "$database: create"
  temporal-sql-tool --database "$database" create
  echo "$database: setup-schema"
  temporal-sql-tool --database "$database" setup-schema --version 0.0
  echo "$database: update-schema"
  temporal-sql-tool --database "$database" update-schema --schema-dir "$versions"
}

bring_up temporal "$schemas/temporal/versioned"
bring_up temporal_visibility "$schemas/visibility/versioned"
