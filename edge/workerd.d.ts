/** Modules that exist only inside workerd: its own, and those that the pool puts beside a shim. */
declare module "cloudflare:workers" {
  /** Ends the calling isolate once its requests in flight are answered; throws in the caller. */
  export function abortIsolate(reason?: string): never;
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- workerd's own signature
  export class WorkerEntrypoint<Env = unknown, Props = undefined> {
    protected readonly env: Env;
    protected readonly ctx: {
      /** Given by whoever made the stub, not by its caller. */
      readonly props: Props;
      /** Makes stubs of this worker's own entrypoints. */
      readonly exports: {
        Egress(options: { readonly props: unknown }): {
          fetch(request: Request | string, init?: RequestInit): Promise<Response>;
        };
      };
      waitUntil(promise: Promise<unknown>): void;
    };
  }
}

/** The function's own Wasm. */
declare module "app.wasm" {
  const module: WebAssembly.Module;
  export default module;
}

/** The function's own ES module: a Worker's, or that of a component, which has no default export. */
declare module "app.js" {
  const app: unknown;
  export default app;
  export const coreModules: Readonly<Record<string, WebAssembly.Module>>;
  /** Makes an instance of the component. */
  export function instantiate(
    coreModule: (name: string) => WebAssembly.Module,
    imports: object,
  ): Promise<Readonly<Record<string, unknown>>>;
}

/** Sources of the shims, as text. */
declare module "*.txt" {
  const source: string;
  export default source;
}

/** What the operator has to say of one version of a function at an edge that others run. */
declare module "ebb-settings.js" {
  export const settings: {
    readonly egress: readonly { readonly host: string; readonly port: number }[];
    readonly requestTimeoutMs?: number;
  };
}
