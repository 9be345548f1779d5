# The image of the workers and of the command line: Debian slim, Node, the package; no npm, no compiler (docs/docker.md).
#
#   docker build -t fractal-temporal:0.1.0 .
#
# Tag and digest: the tag says what is meant, the digest is what is fetched. Another registry or a mirror:
# --build-arg NODE_IMAGE=... --build-arg RUNTIME_IMAGE=...
ARG NODE_IMAGE=node:24.19.0-trixie-slim@sha256:0711b541c1c33a8a530ac4f0d391baa9a15b3d804695b1b24a47daa5fb60e74d
ARG RUNTIME_IMAGE=debian:trixie-slim@sha256:a29215f6a35e51e22adffa17f89e9d2ef06214e64a2bad10d765c46aea49f11f

FROM ${NODE_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json ./
# No package here needs its install script: the native library of the Temporal SDK comes in its package.
RUN npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
COPY tsconfig.json tsconfig.build.json ./
COPY scripts/build.mjs scripts/bundle-program.mjs scripts/prune-modules.mjs scripts/third-party.mjs scripts/warm-server.mjs scripts/
COPY src src
RUN node scripts/build.mjs --clean && npm prune --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error && node scripts/prune-modules.mjs node_modules
# TLS to a server with a certificate of a public authority: Mozilla's list as this Node holds it.
RUN node -e 'process.stdout.write(require("node:tls").rootCertificates.join("\n") + "\n")' > ca-certificates.crt

FROM ${RUNTIME_IMAGE}
COPY --from=build /usr/local/bin/node /usr/local/bin/node
COPY --from=build /build/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
WORKDIR /opt/fractal-temporal
COPY LICENSE package.json ./
COPY examples/light-tasks examples/light-tasks
COPY schemas schemas
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
RUN ln -s /opt/fractal-temporal/dist/cli/main.js /usr/local/bin/fractal-temporal
# The root file system may be read-only: only /tmp and the folder of local batches are written to.
RUN install -d -o 1000 -g 1000 -m 1777 /var/lib/fractal-temporal
ENV NODE_ENV=production \
    HOME=/tmp \
    FRACTAL_TEMPORAL_LOCAL=/var/lib/fractal-temporal \
    FRACTAL_TEMPORAL_MONITOR=0.0.0.0:9464
WORKDIR /tmp
USER 1000:1000
# Ready: its workers run and the server answers them (docs/docker.md, "Health").
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.FRACTAL_TEMPORAL_MONITOR.split(':').at(-1)}/readyz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["fractal-temporal"]
CMD ["--help"]
