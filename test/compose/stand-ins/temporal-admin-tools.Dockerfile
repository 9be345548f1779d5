# docker/targets/admin-tools.Dockerfile of the server's module: of its programs those that docker-compose.yml uses.
FROM stand-in/alpine-like
COPY temporal temporal-sql-tool /usr/local/bin/
COPY schema /etc/temporal/schema
USER temporal
CMD ["sh", "-c", "trap exit INT HUP TERM; sleep infinity"]
