# The images, for who has docker, podman or buildah:
#
#     docker build --target operator --tag ebb-operator .
#     docker build --target edge --tag ebb-edge .
#
# They hold what `npm run image` puts into its archives, because both ask scripts/images/definitions.ts; a test
# compares them. BUILDER is a Debian 12 with Node 20 or newer; of it the images get the C library and nothing else.
ARG BUILDER=docker.io/library/node:24-bookworm-slim

FROM --platform=linux/amd64 ${BUILDER} AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
COPY scripts/bootstrap.mjs scripts/
# Installs the locked packages, unless node_modules is mounted here.
RUN ["node", "scripts/bootstrap.mjs", "--version"]
COPY . .
RUN ["node", "scripts/bootstrap.mjs", "scripts/image.ts", "--unpacked", "/image", "operator", "edge"]

FROM --platform=linux/amd64 scratch AS edge
COPY --from=build /image/edge /
USER 65532:65532
ENV PATH=/usr/local/bin:/usr/bin:/bin
WORKDIR /
# Loading workers at run time is what workerd calls experimental.
ENTRYPOINT ["/usr/local/bin/workerd", "serve", "--experimental", "/etc/ebb/edge/config.capnp"]

FROM --platform=linux/amd64 scratch AS operator
COPY --from=build /image/operator /
USER 65532:65532
ENV PATH=/usr/local/bin:/usr/bin:/bin NODE_ENV=production NODE_OPTIONS=--disable-warning=DEP0040 HOME=/ EBB_TRANSPILER=/app/transpiler.mjs
WORKDIR /
# Node lets the heap alone have all that the container may use, unless it is told.
ENTRYPOINT ["/bin/node", "--max-old-space-size-percentage=50", "/app/operator.mjs"]
CMD ["run"]
