# A training worker on an NVIDIA GPU: tfjs-node-gpu 4.22 loads libtensorflow 2.9.1, which was built for CUDA 11.2 and
# cuDNN 8.1 and runs with later 11.x and 8.x. Inference on a GPU, and training without CUDA, is worker-gpu.Dockerfile.
FROM node:22-bookworm-slim AS node

FROM nvidia/cuda:11.8.0-cudnn8-runtime-ubuntu22.04 AS build
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=node /usr/local/lib/node_modules /usr/local/lib/node_modules
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \
 && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx \
 && apt-get update \
 && apt-get install -y --no-install-recommends build-essential ca-certificates python3 \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
ENV NX_DAEMON=false CI=true
COPY package.json package-lock.json ./
COPY apps apps
COPY examples examples
COPY libs libs
COPY scripts scripts
COPY nx.json tsconfig.base.json tsconfig.json ./
# The native package is installed here only: its install step downloads libtensorflow from a host of Google's. It becomes a
# dependency of the package that loads it, so that both share one tfjs-core and the party's installation takes it along.
RUN npm ci --no-audit --no-fund \
 && npm run build \
 && npm install --workspace libs/training --no-audit --no-fund --allow-scripts=@tensorflow/tfjs-node-gpu @tensorflow/tfjs-node-gpu@4.22.0 \
 && node scripts/install-party.mjs worker party

FROM nvidia/cuda:11.8.0-cudnn8-runtime-ubuntu22.04
LABEL org.opencontainers.image.title="CipherNet training worker" org.opencontainers.image.licenses="MIT"
COPY --from=node /usr/local/bin/node /usr/local/bin/node
WORKDIR /app
COPY --from=build --chown=root:root /app/party /app
ENV NODE_ENV=production CIPHERNET_DATA=/data CIPHERNET_LOG=json TF_FORCE_GPU_ALLOW_GROWTH=true
RUN mkdir -p /data && chown 10001:10001 /data
VOLUME /data
USER 10001:10001
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "main.js"]
CMD ["worker", "--roles", "train"]
