# Node from the wheel that PyPI has, where the official image has it. What lets npm out of this machine's network (a
# certificate, a registry) comes along: it is needed for a build here, and only its first stage is made of this image.
FROM debian:trixie-slim
COPY node /usr/local
COPY network /etc/network-of-this-host
ENV NODE_EXTRA_CA_CERTS=/etc/network-of-this-host/ca.crt NPM_CONFIG_USERCONFIG=/etc/network-of-this-host/npmrc
RUN ln -sf ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm && chmod +x /usr/local/bin/node /usr/local/lib/node_modules/npm/bin/npm-cli.js
CMD ["node"]
