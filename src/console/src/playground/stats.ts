// Cost and duration of the last response.
import { useSyncExternalStore } from "react";

export interface Stats {
  /** Number of the event of a subscription. */
  event?: number;
  milliseconds: number;
  statements?: number;
  cost?: number;
}

let last: Stats | null = null;
const listeners = new Set<() => void>();

export function recordStats(next: Stats) {
  last = next;
  for (const listener of listeners) listener();
}

export function useStats(): Stats | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    () => last,
  );
}
