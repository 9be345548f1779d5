# Debian's Prometheus with the paths, user and port of prom/prometheus.
FROM stand-in/services
RUN install -d -o nobody -g nogroup /prometheus /etc/prometheus
WORKDIR /prometheus
USER nobody
EXPOSE 9090
VOLUME /prometheus
ENTRYPOINT ["/usr/bin/prometheus"]
CMD ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"]
