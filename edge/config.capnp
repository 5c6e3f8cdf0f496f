# The pool's process. The certificates are mounted beside this folder; the operator replaces them by a rollout.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  # 128 MiB for a function's JavaScript objects: more ends the process, while the function runs. 128 MiB, in pages of 64
  # KiB, for a WebAssembly memory: growth beyond fails, and harms nobody. V8 does not see the 10 to 20 KB that the engine
  # keeps beside each request's few objects, so it must begin to collect them early (measured: 120 MB after 7,000 requests
  # without this, 75 MB with it; 220 MB after 50,000, where it stays).
  v8Flags = ["--max-old-space-size=128", "--wasm-max-mem-pages=2048", "--initial-old-space-size=4"],
  services = [
    (name = "router", worker = .router),
    (name = "data", disk = (path = "/data", writable = true)),
    # In memory: the manifest has values from Secrets.
    (name = "state", disk = (path = "/state", writable = true)),
    # Nothing in this process reaches out by itself: the default would be the internet.
    (name = "internet", network = (allow = [])),
    # For what a function's spec.egress allows. Names that lead to this pod or to the node's own services lead nowhere.
    (name = "network", network = (
      allow = ["public", "private"],
      deny = ["local", "169.254.0.0/16", "fe80::/10"],
      tlsOptions = (trustBrowserCas = true),
    )),
  ],
  sockets = [
    (name = "http", address = "*:8080", http = (), service = "router"),
    (name = "admin", address = "*:8081", https = (options = (), tlsOptions = .mutualTls),
      service = (name = "router", entrypoint = "Admin")),
    (name = "probe", address = "*:8082", http = (), service = (name = "router", entrypoint = "Probe")),
  ],
);

const router :Workerd.Worker = (
  modules = [
    (name = "router.js", esModule = embed "router.js"),
    (name = "wasi-command.txt", text = embed "wasi-command.js"),
    (name = "wasi-http.txt", text = embed "wasi-http.js"),
    (name = "worker-module.txt", text = embed "worker-module.js"),
  ],
  compatibilityDate = "2026-10-01",
  bindings = [
    (name = "LOADER", workerLoader = (id = "functions")),
    (name = "DATA", service = "data"),
    (name = "STATE", service = "state"),
    (name = "NETWORK", service = "network"),
    # Seconds; unset in production, where 30 holds.
    (name = "DRAIN_SECONDS", fromEnvironment = "EBB_DRAIN_SECONDS"),
    # The same; 600 holds.
    (name = "CAP_SECONDS", fromEnvironment = "EBB_CAP_SECONDS"),
    # The same; 5 holds.
    (name = "STEADY_SECONDS", fromEnvironment = "EBB_STEADY_SECONDS"),
  ],
);

const mutualTls :Workerd.TlsOptions = (
  keypair = (privateKey = embed "../tls/tls.key", certificateChain = embed "../tls/tls.crt"),
  requireClientCerts = true,
  trustBrowserCas = false,
  trustedCertificates = [embed "../tls/client-ca.crt"],
);
