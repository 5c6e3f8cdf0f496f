/** How a namespace's pool is set up: `workerd` of its EdgeTarget. */
export interface PoolSpec {
  readonly replicas: number;
  readonly resources: {
    readonly requests?: Readonly<Record<string, string | number>>;
    readonly limits?: Readonly<Record<string, string | number>>;
  };
  readonly runtimeClassName?: string;
}
