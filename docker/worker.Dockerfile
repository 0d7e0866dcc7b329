# The image of one party: a worker on CPUs, or with PARTY=owner or PARTY=operator the owner's or the operator's side.
#   docker build -f docker/worker.Dockerfile -t ciphernet-worker .                        at the root
#   docker build -f docker/worker.Dockerfile --build-arg PARTY=owner -t ciphernet-owner .
FROM node:24-bookworm-slim AS build
ARG PARTY=worker
WORKDIR /app
ENV NX_DAEMON=false CI=true
COPY package.json package-lock.json ./
COPY apps apps
COPY examples examples
COPY libs libs
COPY scripts scripts
COPY nx.json tsconfig.base.json tsconfig.json ./
RUN npm ci --no-audit --no-fund \
 && npm run build \
 && node scripts/install-party.mjs ${PARTY} party

FROM node:24-bookworm-slim
LABEL org.opencontainers.image.title="CipherNet" org.opencontainers.image.licenses="MIT"
WORKDIR /app
# Only what the party needs: a worker's or operator's image holds no file that can make, read or use a key.
COPY --from=build --chown=root:root /app/party /app
# All that is written: data below /data, temporary files below /tmp. The root filesystem can be read-only.
ENV NODE_ENV=production CIPHERNET_DATA=/data CIPHERNET_LOG=json
RUN mkdir -p /data && chown 10001:10001 /data
VOLUME /data
USER 10001:10001
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "main.js"]
CMD ["--help"]
