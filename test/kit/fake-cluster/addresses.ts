/** Loopback addresses for the pods of one fake cluster. */

export interface Addresses {
  take(): string;
  release(address: string): void;
}

/**
 * Addresses of 127.x.slot.0/24. x follows from the process, so that test processes do not meet; clusters that live at
 * the same time in one process need different slots, 0 to 255. Released addresses are given again last.
 */
export function podAddresses(slot: number, processId: number = process.pid): Addresses {
  const free = Array.from(
    { length: 254 },
    (_, index) => `127.${16 + (processId % 200)}.${slot}.${index + 1}`,
  );
  return {
    take: () => {
      const address = free.shift();
      if (address === undefined) throw new Error("a fake cluster has at most 254 pods");
      return address;
    },
    release: (address) => {
      free.push(address);
    },
  };
}
