// What the last answer took.
import { useSyncExternalStore } from "react";

export interface Measure {
  /** Which one it was, of a subscription's. */
  answer?: number;
  milliseconds: number;
  statements?: number;
  cost?: number;
}

let last: Measure | null = null;
const listeners = new Set<() => void>();

export function measured(next: Measure) {
  last = next;
  for (const listener of listeners) listener();
}

export function useMeasure(): Measure | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    () => last,
  );
}
