// A way to another place of the console, or to a part of this page.
import { Anchor } from "@mantine/core";
import type { ReactNode } from "react";
import { Link } from "wouter";

interface Way {
  to: string;
  children: ReactNode;
  strong?: boolean;
  inText?: boolean;
  /** In the colour of the text around it. */
  plain?: boolean;
}

export function Go({ to, children, strong = false, inText = false, plain = false }: Way) {
  const look = {
    fz: "inherit",
    fw: strong ? 600 : plain ? "inherit" : undefined,
    c: plain ? "inherit" : undefined,
    lh: plain ? "inherit" : undefined,
    underline: inText ? "always" : "hover",
  } as const;
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
