// A way to another place of the console, or to a part of this page.
import { Anchor } from "@mantine/core";
import type { ReactNode } from "react";
import { Link } from "wouter";

export function Go({ to, children, strong = false }: { to: string; children: ReactNode; strong?: boolean }) {
  const look = { fz: "inherit", fw: strong ? 600 : undefined } as const;
  if (to.startsWith("#"))
    return (
      <Anchor href={to} {...look}>
        {children}
      </Anchor>
    );
  return (
    <Anchor component={Link} href={to} {...look}>
      {children}
    </Anchor>
  );
}
