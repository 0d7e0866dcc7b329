# A worker, collector or dashboard on CPUs: `docker build -f docker/worker.Dockerfile -t ciphernet .` at the root.
FROM node:22-bookworm-slim AS build
WORKDIR /app
ENV NX_DAEMON=false CI=true
COPY package.json package-lock.json ./
COPY apps apps
COPY libs libs
COPY scripts scripts
COPY nx.json tsconfig.base.json tsconfig.json ./
RUN npm ci --no-audit --no-fund \
 && npm run build \
 && npm prune --omit=dev --no-audit --no-fund

FROM node:22-bookworm-slim
LABEL org.opencontainers.image.title="CipherNet" org.opencontainers.image.licenses="MIT"
WORKDIR /app
COPY --from=build --chown=root:root /app /app
# All that is written: data below /data, temporary files below /tmp. The root filesystem can be read-only.
ENV NODE_ENV=production CIPHERNET_DATA=/data CIPHERNET_LOG=json
RUN mkdir -p /data && chown 10001:10001 /data
VOLUME /data
USER 10001:10001
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "apps/all-in-one/dist/main.js"]
CMD ["worker"]
