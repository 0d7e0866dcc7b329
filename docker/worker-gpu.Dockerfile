# A worker on a GPU of NVIDIA, AMD or Intel: the worker's image and a Vulkan loader. No CUDA: the engine webgpu, and TensorFlow.js'
# backend of that name for `--roles train`, are compute shaders, which the package webgpu (Dawn) hands to whatever Vulkan driver there is.
#   docker build -f docker/worker-gpu.Dockerfile -t ciphernet-worker-gpu .                                  at the root
#   docker run --gpus all -e REDIS_URL=… -e BLOB_URL=… ciphernet-worker-gpu                                NVIDIA
#   docker run --device /dev/dri --group-add RENDER_GROUP_ID -e REDIS_URL=… -e BLOB_URL=… ciphernet-worker-gpu    AMD, Intel
FROM node:24-bookworm-slim AS build
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
 && node scripts/install-party.mjs worker party

FROM node:24-bookworm-slim
LABEL org.opencontainers.image.title="CipherNet GPU worker" org.opencontainers.image.licenses="MIT"
# The loader; Mesa's drivers for AMD and Intel; and what NVIDIA's driver, which its container toolkit puts in, is linked against.
RUN apt-get update \
 && apt-get install -y --no-install-recommends libvulkan1 libx11-6 libxext6 mesa-vulkan-drivers \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=build --chown=root:root /app/party /app
# NVIDIA's toolkit brings the Vulkan driver with `graphics` only; Vulkan's loader and drivers want a folder of their own below /tmp.
ENV NODE_ENV=production CIPHERNET_DATA=/data CIPHERNET_LOG=json XDG_RUNTIME_DIR=/tmp \
    NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,graphics,utility
RUN mkdir -p /data && chown 10001:10001 /data
VOLUME /data
USER 10001:10001
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "main.js"]
# The log's line `engine …` says which engine was taken, and why; `training: …` with which backend a job trains.
CMD ["worker", "--roles", "infer"]
