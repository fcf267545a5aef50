// The frame of the console: navigation, organization, user and colour scheme.
import { ActionIcon, AppShell, Avatar, Burger, Button, Group, Menu, NativeSelect, NavLink, Text, UnstyledButton, useComputedColorScheme, useMantineColorScheme, VisuallyHidden } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { ReactNode } from "react";
import { Link, useLocation } from "wouter";
import { Icon, type IconName } from "./icons.tsx";
import { humanize } from "./format.ts";
import { useSession } from "./session.tsx";
import { tabStorage } from "./config.ts";

const NAVIGATION: [string, string, IconName][] = [
  ["/", "Overview", "overview"],
  ["/outcomes", "Outcomes", "outcomes"],
  ["/capacity", "Capacity", "capacity"],
  ["/reports", "Reports", "reports"],
  ["/events", "Events", "events"],
];

export function Shell({ children, connection }: { children: ReactNode; connection: ReactNode }) {
  const [opened, { toggle, close }] = useDisclosure();
  const session = useSession();
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 208, breakpoint: "sm", collapsed: { mobile: !opened } }}
      padding={{ base: "md", sm: "lg" }}
    >
      <a href="#main" className="skip">
        Skip to main content
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap" gap="xs">
          <Group gap="xs" wrap="nowrap" miw={0}>
            <Burger opened={opened} onClick={toggle} hiddenFrom="sm" size="sm" aria-label="Main navigation" />
            <Link href="/" className="brand">
              <Logo />
              <Text span fw={700} visibleFrom="xs">
                Podgraph
              </Text>
            </Link>
            {session.organizations.length > 1 ? (
              <NativeSelect
                size="xs"
                aria-label="Organization"
                miw={0}
                value={session.organization.id}
                onChange={(event) => session.choose(event.currentTarget.value)}
                data={session.organizations.map(({ id, name }) => ({ value: id, label: name }))}
              />
            ) : (
              <Text fz="sm" c="dimmed" truncate>
                {session.organization.name}
              </Text>
            )}
          </Group>
          <Group gap="xs" wrap="nowrap">
            {connection}
            <ColorSchemeToggle />
            <UserMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label="Main navigation">
        <Navigation onNavigate={close} />
      </AppShell.Navbar>
      <AppShell.Main id="main">
        <div className="page">{children}</div>
      </AppShell.Main>
    </AppShell>
  );
}

function Logo() {
  return (
    <svg width="28" height="28" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="#0f766e" />
      <g stroke="#fff" strokeWidth="2" strokeLinecap="round" fill="none">
        <path d="M10 10 22 13M10 10l3 12M22 13l-9 9" />
      </g>
      <g fill="#fff">
        <circle cx="10" cy="10" r="3.5" />
        <circle cx="22" cy="13" r="3.5" />
        <circle cx="13" cy="22" r="3.5" />
      </g>
    </svg>
  );
}

function Navigation({ onNavigate }: { onNavigate: () => void }) {
  const [path] = useLocation();
  const { playground } = useSession();
  const isActive = (place: string) => (place === "/" ? path === "/" || path.startsWith("/pods") : path.startsWith(place));
  return (
    <>
      {NAVIGATION.map(([place, label, sign]) => (
        <NavLink
          key={place}
          component={Link}
          href={place}
          label={label}
          leftSection={<Icon of={sign} />}
          active={isActive(place)}
          aria-current={isActive(place) ? "page" : undefined}
          onClick={onNavigate}
        />
      ))}
      <NavLink href="/docs" label="Documentation" leftSection={<Icon of="docs" />} mt="auto" />
      {playground && <NavLink href="/playground" label="Playground" leftSection={<Icon of="playground" />} />}
    </>
  );
}

function ColorSchemeToggle() {
  const { setColorScheme } = useMantineColorScheme();
  const dark = useComputedColorScheme("light") === "dark";
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size="lg"
      aria-label={dark ? "Switch to light mode" : "Switch to dark mode"}
      onClick={() => setColorScheme(dark ? "light" : "dark")}
    >
      <Icon of={dark ? "sun" : "moon"} />
    </ActionIcon>
  );
}

function initials(name: string): string {
  return name.split(" ").map((part) => part.charAt(0)).join("").slice(0, 2);
}

function UserMenu() {
  const { name, people, part, roles } = useSession();
  if (!people.length)
    return (
      <Button
        size="xs"
        variant="default"
        onClick={() => {
          tabStorage.signOut();
          location.reload();
        }}
      >
        Sign out
      </Button>
    );
  return (
    <Menu position="bottom-end" width={300}>
      <Menu.Target>
        <UnstyledButton className="user">
          <Avatar size={30} className="initials" data-initials={initials(name)} />
          <Text fz="sm" className="name">
            {name}
            <VisuallyHidden>, {part}: switch user</VisuallyHidden>
          </Text>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Demo, viewing as {roles.map((role) => humanize(role.replace(/^ORG_/, "ORGANIZATION_")).toLowerCase()).join(", ")}</Menu.Label>
        {people.map((person) => (
          <Menu.Item
            key={person.part}
            aria-current={person.part === part ? "true" : undefined}
            leftSection={<Avatar size={26} className="initials" data-initials={initials(person.name)} />}
            onClick={() => {
              tabStorage.setPart(person.part);
              location.reload();
            }}
          >
            <Text fz="sm" fw={600}>
              {person.name}, {person.part}
            </Text>
            <Text fz="xs" c="dimmed">
              {person.sentence}
            </Text>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
