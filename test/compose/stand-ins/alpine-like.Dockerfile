# What Temporal's images have of Alpine and use: busybox as sh (with `pipefail`) and wget; and the user temporal.
FROM stand-in/services
RUN groupadd -g 1000 temporal && useradd -u 1000 -g temporal temporal \
    && for name in sh wget; do ln -sf /usr/bin/busybox /usr/local/bin/$name; done \
    && ln -sf /usr/bin/busybox /bin/sh
