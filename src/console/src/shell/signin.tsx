// Sign-in with an API token, which is stored for this tab and sent only to this server.
import { Button, Card, Center, PasswordInput, Stack, Text, Title } from "@mantine/core";
import { useState } from "react";
import { tabStorage } from "./config.ts";

export function SignIn({ error }: { error?: string }) {
  const [token, setToken] = useState("");
  return (
    <Center mih="100vh" p="md" component="main">
      <Card withBorder radius="md" padding="lg" maw={460} w="100%">
        <form
          onSubmit={(event) => {
            event.preventDefault();
            tabStorage.signIn(token.trim());
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
              error={error}
              onChange={(event) => setToken(event.currentTarget.value)}
            />
            <Button type="submit">Sign in</Button>
          </Stack>
        </form>
      </Card>
    </Center>
  );
}
