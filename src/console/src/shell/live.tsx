// Pages stay true: whatever changes is asked for again.
import { useEffect } from "react";

const waiting = new Set<() => void>();

/** Ask every open page again. */
export function refresh() {
  for (const ask of waiting) ask();
}

export function useRefresh(ask: () => void) {
  useEffect(() => {
    waiting.add(ask);
    return () => void waiting.delete(ask);
  });
}
