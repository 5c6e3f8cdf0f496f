/** The benchmark's local cluster: its own, so that it disturbs no test and none disturbs it. */
export const clusterName = "bench";
