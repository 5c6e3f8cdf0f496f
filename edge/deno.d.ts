/** What Ebb uses of Deno. */
declare namespace Deno {
  interface ConnectOptions {
    readonly hostname?: string;
    readonly port: number;
  }
  type Connect = (options: ConnectOptions, ...rest: readonly unknown[]) => Promise<object>;
  const env: { get(name: string): string | undefined };
  function serve(
    options: { readonly automaticCompression: boolean },
    handler: (request: Request) => Promise<Response>,
  ): object;
  let connect: Connect;
  let connectTls: Connect;
}

/** What the operator has to say of one version of a function on Deno Deploy. */
declare module "ebb-version.js" {
  /** Ebb's name of the version. */
  export const tag: string;
  export const env: Readonly<Record<string, string>>;
  /** The variable of the process that holds each of them. */
  export const secrets: Readonly<Record<string, string>>;
}
