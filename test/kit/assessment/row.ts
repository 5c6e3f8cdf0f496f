/** Made-up workloads, and what an assessment must tell of each. */
import type { FindingCode } from "../../../operator/api/v1alpha1/findings.ts";
import type { Surroundings } from "../../../operator/workload/assessment/surroundings.ts";

/** What is wrong, what was seen, the code, the path, and what the message must say. */
export type Row = readonly [title: string, seen: Surroundings, code: FindingCode, path: string, says: RegExp];

export const pods = "Deployment/checkout .spec.template.spec";
