import { Center, Code, Group, Paper, Stack, Text, Title } from '@mantine/core';
import { useEffect } from 'react';
import { LoginForm } from './LoginForm';
import { Logo } from './Logo';

export function LoginPage() {
  useEffect(() => {
    document.title = 'Log in · ModelGate';
  }, []);
  return (
    <Center component="main" mih="100vh" p="md">
      <Stack w="100%" maw={400}>
        <Group gap="sm">
          <Logo size={40} />
          <div>
            <Title order={1} size="h3">
              ModelGate
            </Title>
            <Text size="sm" c="dimmed">
              Your own models, behind one address
            </Text>
          </div>
        </Group>
        <Paper withBorder p="lg" radius="md">
          <LoginForm />
        </Paper>
        <Text size="sm" c="dimmed">
          Where is the admin key? The gateway wrote it to the file <Code>admin-key</Code> in its data folder
          at its first start, unless <Code>MG_ADMIN_API_KEY</Code> says what it is.
        </Text>
      </Stack>
    </Center>
  );
}
