// A link to another page or to a section of this page.
import { Anchor } from "@mantine/core";
import type { ReactNode } from "react";
import { Link } from "wouter";

interface TextLinkProps {
  to: string;
  children: ReactNode;
  strong?: boolean;
  inText?: boolean;
  /** In the colour of the surrounding text. */
  plain?: boolean;
}

export function TextLink({ to, children, strong = false, inText = false, plain = false }: TextLinkProps) {
  const style = {
    fz: "inherit",
    fw: strong ? 600 : plain ? "inherit" : undefined,
    c: plain ? "inherit" : undefined,
    lh: plain ? "inherit" : undefined,
    underline: inText ? "always" : "hover",
  } as const;
  if (to.startsWith("#"))
    return (
      <Anchor href={to} {...style}>
        {children}
      </Anchor>
    );
  return (
    <Anchor component={Link} href={to} {...style}>
      {children}
    </Anchor>
  );
}
