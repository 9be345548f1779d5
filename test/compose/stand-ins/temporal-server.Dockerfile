# docker/targets/server.Dockerfile of the server's module, on Debian with busybox as its shell in place of Alpine.
FROM stand-in/alpine-like
COPY temporal-server /usr/local/bin/
COPY entrypoint.sh /etc/temporal/entrypoint.sh
WORKDIR /etc/temporal
USER temporal
CMD ["/etc/temporal/entrypoint.sh"]
