/** The parts of an EdgeFunction that name it everywhere. */
import type { FunctionKey } from "./v1alpha1/names.ts";

export interface FunctionIdentity {
  readonly key: FunctionKey;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}
