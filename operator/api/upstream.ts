/** Where the gateway sends the requests of one published version; made by a provider, read by a traffic switch. */
export interface Upstream {
  /** DNS name that resolves to one address an edge host. */
  readonly host: string;
  readonly port: number;
  /** Set outside of the cluster: over TLS, with host as the server's name and as Host. Plain HTTP to pods unless set. */
  readonly isPublic?: true;
  /** Request headers that name the function and version to the edge; values hold no secret. */
  readonly headers: Readonly<Record<string, string>>;
}
