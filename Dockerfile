# docker build -t modelgate .    Why it is as it is: docs/adr/0025-runtime-image.md
FROM maven:3.9-eclipse-temurin-25 AS java

FROM node:22-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends busybox zstd && rm -rf /var/lib/apt/lists/*
COPY --from=java /opt/java/openjdk /opt/java/openjdk
COPY --from=java /usr/share/maven /usr/share/maven
RUN ln -s /usr/share/maven/bin/mvn /usr/local/bin/mvn
ENV JAVA_HOME=/opt/java/openjdk
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/root/.m2 --mount=type=cache,target=/root/.npm make image
RUN image/rootfs /root-file-system

# image/check makes the same of the same parts where there is no Docker, and reads what follows.
FROM scratch
COPY --from=build /root-file-system/base/ /
COPY --from=build /root-file-system/program/ /
COPY --from=build --chown=10001:10001 /root-file-system/data/ /data/
ENV PATH=/opt/modelgate/bin:/bin LANG=C.UTF-8 SQLITE_TMPDIR=/data
USER 10001:10001
# Not /data: by default the database is ./data/modelgate.db, and the command line looks for data/admin-key.
WORKDIR /
VOLUME /data
EXPOSE 18080
STOPSIGNAL SIGTERM
# No -T: the wget of Debian 12 crashes with it.
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s CMD wget -q -O /dev/null "http://127.0.0.1:${MG_SERVER_PORT:-18080}/health"
ENTRYPOINT ["modelgate"]
CMD ["serve"]
