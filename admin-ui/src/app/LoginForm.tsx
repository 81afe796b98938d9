import { Button, PasswordInput, Stack } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { ErrorNote } from '../components/ErrorNote';
import { ApiError, loginApi, result } from '../lib/api';
import { duration } from '../lib/format';
import { sessionIs } from '../lib/session';

export function LoginForm() {
  const [key, setKey] = useState('');
  const login = useMutation({
    mutationFn: () => result(loginApi.POST('/session', { body: { key: key.trim() } })),
    onSuccess: sessionIs,
  });
  const waitMs = useCountdown(
    login.error instanceof ApiError ? login.error.retryAfterSeconds : null,
    login.failureCount + login.submittedAt,
  );
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        login.mutate();
      }}
    >
      <Stack>
        <PasswordInput
          label="Key"
          description="The admin key, or an API key of yours"
          autoComplete="current-password"
          maxLength={512}
          required
          data-autofocus
          value={key}
          onChange={(event) => setKey(event.currentTarget.value)}
          visibilityToggleButtonProps={{ 'aria-label': 'Show what is typed' }}
        />
        <ErrorNote error={explained(login.error)} title="You are not logged in" />
        <Button type="submit" loading={login.isPending} disabled={key.trim() === '' || waitMs > 0}>
          {waitMs > 0 ? `Wait ${duration(waitMs)}` : 'Log in'}
        </Button>
      </Stack>
    </form>
  );
}

function explained(error: Error | null): Error | null {
  if (!(error instanceof ApiError) || error.status !== 401) return error;
  return /disabled|expired/.test(error.message) ? error : new Error('There is no such key.');
}

/** Milliseconds that are left of what the gateway asked to wait; begins anew with each attempt. */
function useCountdown(seconds: number | null, attempt: number): number {
  const [left, setLeft] = useState(0);
  useEffect(() => {
    const end = Date.now() + (seconds ?? 0) * 1000;
    const tick = () => setLeft(Math.max(0, Math.ceil((end - Date.now()) / 1000) * 1000));
    tick();
    const timer = window.setInterval(tick, 1000);
    return () => window.clearInterval(timer);
  }, [seconds, attempt]);
  return left;
}
