import { Anchor, Button } from '@mantine/core';
import { Link, useRouteError } from 'react-router';
import { Empty } from '../components/Empty';
import { Page } from '../components/Page';

/** A page that could not be shown: after an upgrade its code may have moved, so loading anew often helps. */
export function Broken() {
  const error = useRouteError();
  return (
    <Page title="This page could not be shown">
      <Empty
        title={error instanceof Error ? error.message : String(error)}
        action={<Button onClick={() => window.location.reload()}>Load it anew</Button>}
      >
        If the gateway was just upgraded, loading the page anew helps.
      </Empty>
    </Page>
  );
}

export function NotFound() {
  return (
    <Page title="There is no such page">
      <Empty
        title="The address leads nowhere"
        action={
          <Anchor component={Link} to="/">
            Go to the first page
          </Anchor>
        }
      >
        It may be mistyped, or for administrators only.
      </Empty>
    </Page>
  );
}
