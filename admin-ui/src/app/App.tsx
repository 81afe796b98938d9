import { Center, Loader, Modal, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { RouterProvider } from 'react-router';
import { ErrorNote } from '../components/ErrorNote';
import { ApiError, loginApi, result } from '../lib/api';
import { sessionIs, useSessionState } from '../lib/session';
import { LoginForm } from './LoginForm';
import { LoginPage } from './LoginPage';
import { routerFor } from './routes';

export function App() {
  const { session, ended } = useSessionState();
  const first = useQuery({
    queryKey: ['session'],
    queryFn: async () => {
      sessionIs(await whoIsLoggedIn());
      return true;
    },
    staleTime: Infinity,
    gcTime: Infinity,
    enabled: session === undefined,
  });
  const role = session?.role;
  const router = useMemo(() => (role === undefined ? null : routerFor(role)), [role]);
  if (session === undefined) {
    return (
      <Center mih="100vh" p="md">
        {first.isError ? (
          <ErrorNote
            error={first.error}
            title="The panel cannot reach the gateway"
            onRetry={() => void first.refetch()}
          />
        ) : (
          <Loader aria-label="Loading" />
        )}
      </Center>
    );
  }
  if (router === null) return <LoginPage />;
  return (
    <>
      <RouterProvider router={router} />
      <Modal
        opened={ended}
        onClose={() => sessionIs(null)}
        title="Your session has ended"
        closeOnClickOutside={false}
        closeOnEscape={false}
        withCloseButton={false}
        zIndex={1000}
        size="sm"
        centered
      >
        <Stack>
          <Text size="sm">
            Log in again and go on where you were: nothing that you entered is lost, and what you were about
            to send will be sent.
          </Text>
          <LoginForm />
        </Stack>
      </Modal>
    </>
  );
}

async function whoIsLoggedIn() {
  try {
    return await result(loginApi.GET('/session'));
  } catch (error) {
    // 403: whose key it is may not be here; another one may.
    if (error instanceof ApiError && [401, 403].includes(error.status)) return null;
    throw error;
  }
}
