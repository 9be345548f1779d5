# Dockerfile of the UI server's module.
FROM stand-in/alpine-like
WORKDIR /home/ui-server
COPY ui-server ./
COPY docker.yaml ./config/docker.yaml
COPY start-ui-server.sh ./start-ui-server.sh
USER temporal
EXPOSE 8080
ENV TEMPORAL_CLOUD_UI=false
ENTRYPOINT ["./start-ui-server.sh"]
