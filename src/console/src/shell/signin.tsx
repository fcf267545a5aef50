// Without the demo one shows a token; it is kept for this tab and sent nowhere but to this server.
import { Button, Card, Center, PasswordInput, Stack, Text, Title } from "@mantine/core";
import { useState } from "react";
import { kept } from "./situation.ts";

export function SignIn({ refused }: { refused?: string }) {
  const [token, setToken] = useState("");
  return (
    <Center mih="100vh" p="md" component="main">
      <Card withBorder radius="md" padding="lg" maw={460} w="100%">
        <form
          onSubmit={(event) => {
            event.preventDefault();
            kept.signIn(token.trim());
            location.reload();
          }}
        >
          <Stack>
            <Title order={1}>Podgraph</Title>
            <Text fz="sm" c="dimmed">
              Paste an API token. It is stored in this tab only, until you sign out or close the tab.
            </Text>
            <PasswordInput
              label="Bearer token"
              required
              autoFocus
              autoComplete="off"
              value={token}
              error={refused}
              onChange={(event) => setToken(event.currentTarget.value)}
            />
            <Button type="submit">Sign in</Button>
          </Stack>
        </form>
      </Card>
    </Center>
  );
}
